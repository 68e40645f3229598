"""A ledger of what is claimed of sync and async Python web services, each claim tested in pairs on this machine."""
