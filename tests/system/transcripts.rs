//! The guides, word for word: what they tell people to type works.
