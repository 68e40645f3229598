"""The museum of failures: every known way in which async Flask with Elasticsearch breaks, shown, explained and cured."""
