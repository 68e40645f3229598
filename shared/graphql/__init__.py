"""GraphQL over the same books: one schema for both twins, and no resolver that waits.

A document is executed twice. In the first execution its root fields only say what they need: each looks ahead at what
is selected beneath it and leaves an operation. These run side by side, so that every level of the document costs one
mget, one msearch, or both, however many fields and aliases ask. The second execution reads what was fetched. What a
document would cost is so known before the first call is made, and a twin has nothing to do but run one operation.
"""
