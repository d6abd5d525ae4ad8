//! Members' nodes that do not keep the rules.
