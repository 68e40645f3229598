"""GraphQL over the same books: one schema for both twins, and no resolver that waits.

A document is executed twice. In the first execution its root fields only say what they need: each looks ahead at the
selection beneath it and leaves an operation. These run side by side, so that every level of the document costs one
mget, one msearch, or both, however many fields and aliases it has. The second execution reads the fetched data. So the
cost of a document is known before the first call, and a twin only runs one operation.
"""
