"""The comparison of two contenders in interleaved pairs: how it is run, decided and reported."""
