//! The one place that asks for the time.
//!
//! A fixed clock (`SOURCE_DATE_EPOCH`) makes a run reproducible to the byte.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where the time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// Always the same moment.
    Fixed(Timestamp),
}

impl Clock {
    /// Returns the present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the clock is the one place that may ask")]
            Self::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => Timestamp::from_seconds(since.as_secs().cast_signed()),
                Err(before) => Timestamp::from_seconds(-before.duration().as_secs().cast_signed()),
            },
            Self::Fixed(moment) => *moment,
        }
    }
}

/// A moment: whole seconds since 1970-01-01T00:00:00Z, written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// Takes seconds since the epoch; moments outside the years -9999 to 9999 are cut to that span.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        let clamped = seconds.clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        Self(clamped)
    }

    /// Returns seconds since the epoch.
    #[must_use]
    pub fn as_seconds(&self) -> i64 {
        self.0
    }

    /// Returns the day, in UTC.
    #[must_use]
    pub fn date(&self) -> Date {
        let moment = jiff::Timestamp::from_second(self.0).unwrap_or_default();
        Date(jiff::tz::Offset::UTC.to_datetime(moment).date())
    }
}

/// A day of the calendar, written `YYYY-MM-DD` and in no other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

/// A text that no day is written as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no day of the calendar, written YYYY-MM-DD")]
pub struct ParseDateError;

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Date {
    type Err = ParseDateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = Self(text.parse().map_err(|_| ParseDateError)?);
        // One writing a day: others sort and compare differently.
        if date.to_string() == text { Ok(date) } else { Err(ParseDateError) }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(moment) => moment.fmt(f),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.parse::<jiff::Timestamp>()?.as_second()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc_and_read_back() {
        let moment = Timestamp::from_seconds(1_700_000_000);
        assert_eq!(moment.to_string(), "2023-11-14T22:13:20Z");
        assert_eq!("2023-11-14T22:13:20Z".parse::<Timestamp>().unwrap(), moment);
    }

    #[test]
    fn a_day_has_one_writing() {
        let day = |text: &str| text.parse::<Date>();
        assert_eq!(Timestamp::from_seconds(1_700_000_000).date(), day("2023-11-14").unwrap());
        assert!(day("2023-11-14").unwrap() < day("2024-02-29").unwrap());
        for text in ["2023-02-29", "20231114", "2023-11-14T00:00", "2023-1-4", "soon", ""] {
            assert_eq!(day(text), Err(ParseDateError), "{text}");
        }
    }

    #[test]
    fn extreme_moments_do_not_panic() {
        assert!(!Timestamp::from_seconds(i64::MAX).to_string().is_empty());
        assert!(!Timestamp::from_seconds(i64::MIN).to_string().is_empty());
    }
}
