//! Where entries lie: below three directories of one hex digit each, so that a new one rewrites little.
//!
//! Object names do not compress. With 10,000 entries a new one rewrites three directories of 16 and one of two or three:
//! 1.5 KB, where a fan-out of 256 costs 8 KB and none costs 500 KB.

/// Returns `a/b/c/abc…` for a name that begins with `abc`: 4,096 directories, none above them wider than 16.
///
/// A name of fewer than three bytes stands by itself.
#[must_use]
pub fn fan_out(name: &str) -> String {
    match (name.get(..1), name.get(1..2), name.get(2..3)) {
        (Some(first), Some(second), Some(third)) => format!("{first}/{second}/{third}/{name}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fan_out_by_their_first_digits() {
        assert_eq!(fan_out("c0ffee"), "c/0/f/c0ffee");
        assert_eq!(["", "c", "c0", "é"].map(fan_out), ["", "c", "c0", "é"]);
    }
}
