//! Those who are not of the network: other networks' nodes, unknown keys, and noise.
