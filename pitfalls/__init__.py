"""The museum of failures: how async Flask with Elasticsearch breaks, each way shown, explained and cured."""
