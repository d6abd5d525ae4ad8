//! Choices that can be made again: from a seed, or from the bytes that a fuzzer hands in.

/// Where choices come from. The same source gives the same choices on every machine.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
    /// Bytes that are used up before the seed takes over.
    bytes: Vec<u8>,
    used: usize,
}

impl Dice {
    /// Choices from a seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self { state: seed, bytes: Vec::new(), used: 0 }
    }

    /// Choices from bytes, and from a fixed seed when they are used up.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self { state: 0, bytes: bytes.to_vec(), used: 0 }
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        if let Some(taken) = self.bytes.get(self.used..self.used + 2) {
            // Two bytes decide a choice, so that a fuzzer's input reaches far.
            self.used += 2;
            self.state ^= u64::from(u16::from_le_bytes([taken[0], taken[1]])) << 16;
        }
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, or 0 where the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        // The product's upper half; the tiny bias does not matter here.
        ((u128::from(self.bits()) * limit as u128) >> 64) as usize
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which are not empty.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A place in `items`, or `None` where there are none.
    pub fn place<T>(&mut self, items: &[T]) -> Option<usize> {
        if items.is_empty() { None } else { Some(self.below(items.len())) }
    }

    /// Puts `items` into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
