"""The comparison of contenders in interleaved pairs: how it is run, decided and reported."""
