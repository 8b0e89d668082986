"""The course around the notebooks: the road through them, whether the machine is ready, a first taste of the GPT-2."""
