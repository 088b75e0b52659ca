//! Writes JSON in the one form that gets hashed or signed (RFC 8785, JCS).
//!
//! Numbers are integers of at most 2^53 - 1 in magnitude: every JSON reader agrees on those, and only those.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The largest integer that every JSON reader keeps exact.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Why a value has no canonical form, or bytes are not in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A fraction, an exponent, or an integer beyond 2^53 - 1.
    #[error("the number {0} has no canonical form: only integers up to 2^53 - 1 do")]
    Number(String),
    /// The value does not serialize to JSON, or the bytes are not JSON.
    #[error("not JSON of the expected shape")]
    Json(#[from] serde_json::Error),
    /// The bytes parse, and are not the canonical writing of what they say.
    #[error("not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// Returns the canonical bytes of `value`.
///
/// # Errors
/// When a number is not an integer within ±(2^53 - 1), or `value` does not serialize.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let value = serde_json::to_value(value)?;
    let mut out = Vec::new();
    write(&value, &mut out)?;
    Ok(out)
}

/// Reads `bytes` and refuses any writing but the canonical one.
///
/// Duplicate keys, spaces, other escapes and other key orders all fail, so equal meaning is equal bytes.
///
/// # Errors
/// When `bytes` are not JSON, not a `T`, or not canonical.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let value: Value = serde_json::from_slice(bytes)?;
    let mut written = Vec::with_capacity(bytes.len());
    write(&value, &mut written)?;
    if written != bytes {
        return Err(Error::NotCanonical);
    }
    Ok(serde_json::from_value(value)?)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            match magnitude {
                Some(size) if size <= MAX_SAFE_INTEGER => {
                    out.extend_from_slice(number.to_string().as_bytes());
                }
                _ => return Err(Error::Number(number.to_string())),
            }
        }
        Value::String(text) => write_string(text, out)?,
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            // RFC 8785 section 3.2.3 sorts by UTF-16 code units, which is not the order of UTF-8 bytes.
            let mut keys: Vec<(&String, &Value)> = map.iter().collect();
            keys.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push(b'{');
            for (index, (key, item)) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out)?;
                out.push(b':');
                write(item, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) -> Result<(), Error> {
    // serde_json escapes exactly what RFC 8785 section 3.2.2.2 asks for.
    serde_json::to_writer(&mut *out, text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_sort_by_utf16_code_units() {
        // RFC 8785 section 3.2.3, without its fractions.
        let value =
            json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let text = String::from_utf8(to_vec(&value).unwrap()).unwrap();
        let order: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(order, ['2', '1', '4', '6', '7', '1', '5', '3'], "{text}");
    }

    #[test]
    fn strings_escape_as_the_rfc_says() {
        // RFC 8785 section 3.2.2.2.
        let value = json!("\u{20ac}$\u{000f}\nA'B\"\\\"/");
        assert_eq!(to_vec(&value).unwrap(), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\"/\"".as_bytes());
    }

    #[test]
    fn fractions_and_unsafe_integers_are_refused() {
        assert!(to_vec(&json!(0.5)).is_err());
        assert!(to_vec(&json!(9_007_199_254_740_992_u64)).is_err());
        assert!(to_vec(&json!(-9_007_199_254_740_992_i64)).is_err());
        assert_eq!(to_vec(&json!(-9_007_199_254_740_991_i64)).unwrap(), b"-9007199254740991");
    }

    #[test]
    fn any_other_writing_is_refused() {
        for bytes in
            [&b"{\"a\": 1}"[..], b"{\"a\":1,\"a\":1}", b"{\"b\":1,\"a\":1}", b"\"\\u0041\"", b"1 ", b"1.0"]
        {
            assert!(from_slice::<Value>(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(from_slice::<Value>(b"{\"a\":1}").unwrap(), json!({"a": 1}));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(map in proptest::collection::btree_map(".*", any::<i32>(), 0..8)) {
            let bytes = to_vec(&map).unwrap();
            prop_assert_eq!(from_slice::<std::collections::BTreeMap<String, i32>>(&bytes).unwrap(), map);
        }
    }
}
