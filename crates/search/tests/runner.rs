//! What the search index promises.

mod search;
