"""The comparison of two contenders: what is decided, predicted and searched from plain figures."""
