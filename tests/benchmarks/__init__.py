"""Measurements that anyone can repeat; no test asserts a timing."""
