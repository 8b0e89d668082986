"""RLHF: the models that it holds, and what becomes of a policy as the price of KL is turned."""
