//! The one canonical form of a column's values, written.

use crate::leb128::{write_signed, write_unsigned};

/// A run-length column; no bytes where no value is there.
pub(crate) fn write_runs<T: PartialEq>(
    values: impl Iterator<Item = Option<T>>,
    mut write: impl FnMut(&mut Vec<u8>, &T),
) -> Vec<u8> {
    let mut runs: Vec<(Option<T>, u64)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => runs.push((value, 1)),
        }
    }
    let mut out = Vec::new();
    if runs.iter().all(|(value, _)| value.is_none()) {
        return out;
    }
    let mut rest = &runs[..];
    while let [(value, count), after @ ..] = rest {
        rest = match value {
            None => {
                write_signed(&mut out, 0);
                write_unsigned(&mut out, *count);
                after
            }
            Some(value) if *count > 1 => {
                write_signed(&mut out, *count as i64);
                write(&mut out, value);
                after
            }
            Some(_) => {
                let single = |(value, count): &&(Option<T>, u64)| value.is_some() && *count == 1;
                let length = rest.iter().take_while(single).count();
                write_signed(&mut out, -(length as i64));
                rest[..length].iter().filter_map(|(value, _)| value.as_ref()).for_each(|value| write(&mut out, value));
                &rest[length..]
            }
        };
    }
    out
}

/// A column of counters, written as differences.
pub(crate) fn write_counters(values: impl Iterator<Item = Option<i64>>) -> Vec<u8> {
    let mut last = 0_i64;
    let differences = values.map(|value| {
        value.map(|value| {
            let difference = value.wrapping_sub(last);
            last = value;
            difference
        })
    });
    write_runs(differences, |out, value| write_signed(out, *value))
}

/// A column of flags.
pub(crate) fn write_flags(values: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut current, mut count) = (false, 0);
    for value in values {
        if value != current {
            write_unsigned(&mut out, count);
            (current, count) = (value, 0);
        }
        count += 1;
    }
    if count > 0 {
        write_unsigned(&mut out, count);
    }
    out
}
