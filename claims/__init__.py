"""A ledger of claims about sync and async Python web services, each tested in pairs on this machine."""
