//! Writes that an engine will be given later, kept so that reads see them already.
//!
//! There are two layers: the one that takes in what is committed, and the one that is on its way down. What is in a
//! layer hides what the engine has.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use crate::engine::Writes;

/// Keys in their order with their new values, or with `None` where they are taken away.
pub(crate) type Layer = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The layers over an engine.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    filling: Layer,
    sinking: Option<Arc<Layer>>,
}

impl Overlay {
    /// Takes writes in.
    pub(crate) fn apply(&mut self, writes: Writes) {
        self.filling.extend(writes.into_entries());
    }

    /// Whether the layer that takes writes in has none.
    pub(crate) fn is_empty(&self) -> bool {
        self.filling.is_empty()
    }

    /// Sends the layer that was filled on its way down, and begins another. None may be on its way.
    pub(crate) fn sink(&mut self) {
        self.sinking = Some(Arc::new(std::mem::take(&mut self.filling)));
    }

    /// The layer that is on its way down.
    pub(crate) fn sinking(&self) -> Option<Arc<Layer>> {
        self.sinking.clone()
    }

    /// The layer that was on its way has arrived.
    pub(crate) fn arrived(&mut self) {
        self.sinking = None;
    }

    /// What the layers say of a key, if they say anything.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Option<Vec<u8>>> {
        let sinking = || self.sinking.as_ref().and_then(|layer| layer.get(key));
        self.filling.get(key).or_else(sinking).cloned()
    }

    /// What the layers say of the keys that begin with `prefix`, from `from` on: the first `limit` of them in order.
    pub(crate) fn entries(&self, prefix: &[u8], from: &[u8], limit: usize) -> Vec<Said> {
        let range = |layer| within(layer, prefix, from).peekable();
        let mut upper = range(&self.filling);
        let mut lower = self.sinking.as_deref().map(range);
        let mut entries = Vec::new();
        while entries.len() < limit {
            let below = lower.as_mut().and_then(|lower| lower.peek().copied());
            let next = match (upper.peek().copied(), below) {
                (None, None) => break,
                (Some(above), Some(below)) if below.0 < above.0 => below,
                (Some(above), _) => above,
                (None, Some(below)) => below,
            };
            upper.next_if(|above| above.0 == next.0);
            if let Some(lower) = &mut lower {
                lower.next_if(|below| below.0 == next.0);
            }
            entries.push((next.0.clone(), next.1.clone()));
        }
        entries
    }
}

/// A key and what a layer says of it.
pub(crate) type Said = (Vec<u8>, Option<Vec<u8>>);

fn within<'a>(
    layer: &'a Layer,
    prefix: &'a [u8],
    from: &'a [u8],
) -> impl Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)> {
    let range = layer.range::<[u8], _>((Bound::Included(from.max(prefix)), Bound::Unbounded));
    range.take_while(move |(key, _)| key.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_layer_hides_the_lower() {
        let mut overlay = Overlay::default();
        let write = |overlay: &mut Overlay, entries: &[(&[u8], Option<&[u8]>)]| {
            let mut writes = Writes::default();
            for (key, value) in entries {
                match value {
                    Some(value) => writes.put(key.to_vec(), value.to_vec()),
                    None => writes.delete(key.to_vec()),
                }
            }
            overlay.apply(writes);
        };
        write(&mut overlay, &[(b"a", Some(b"1")), (b"ab", Some(b"1")), (b"b", None), (b"c", Some(b"1"))]);
        overlay.sink();
        write(&mut overlay, &[(b"ab", None), (b"b", Some(b"2")), (b"d", Some(b"2")), (b"d", Some(b"3"))]);
        let said = |key: &[u8], value: Option<&[u8]>| (key.to_vec(), value.map(<[u8]>::to_vec));
        let all = [
            said(b"a", Some(b"1")),
            said(b"ab", None),
            said(b"b", Some(b"2")),
            said(b"c", Some(b"1")),
            said(b"d", Some(b"3")),
        ];
        assert_eq!(overlay.entries(b"", b"", 99), all);
        for limit in 0..5 {
            assert_eq!(overlay.entries(b"", b"", limit), all[..limit]);
        }
        assert_eq!(overlay.entries(b"a", b"", 99), all[..2]);
        assert_eq!(overlay.entries(b"", b"b", 99), all[2..]);
        assert_eq!(overlay.entries(b"a", b"b", 99), []);
        for (key, value) in &all {
            assert_eq!(overlay.get(key).as_ref(), Some(value));
        }
        assert_eq!(overlay.get(b"e"), None);
        overlay.arrived();
        assert_eq!(overlay.entries(b"", b"", 99), [all[1].clone(), all[2].clone(), all[4].clone()]);
        assert_eq!(overlay.get(b"a"), None);
    }
}
