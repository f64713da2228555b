//! What clusters and networks do wrong.
