"""Text, token by token: strips whose colours and numbers say something about each token, and the tokens to come."""
