//! Times on the command line: `10s`, `1m30s`, `2h`, or bare seconds.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Reads a length of time.
///
/// # Errors
/// When it is none, or negative.
pub fn parse(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| "a time is not negative".to_owned());
    }
    let time: SignedDuration =
        text.parse().map_err(|_| "a time is written as `10s`, `1m30s` or `2h`, or in seconds".to_owned())?;
    Duration::try_from(time).map_err(|_| "a time is not negative".to_owned())
}

/// Reads a time that has been: a length of time before now, or a date and time. One that is to come is now.
///
/// # Errors
/// When it is neither.
pub fn since(text: &str) -> Result<Timestamp, String> {
    let now = Timestamp::now();
    match text.parse::<Timestamp>() {
        Ok(at) => Ok(at.min(now)),
        Err(_) => Ok(now.checked_sub(parse(text)?).unwrap_or(Timestamp::UNIX_EPOCH)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let read = |text: &str| parse(text).ok().map(|time| time.as_millis());
        assert_eq!(read("10"), Some(10_000));
        assert_eq!(read("0.5"), Some(500));
        assert_eq!(read("10s"), Some(10_000));
        assert_eq!(read("1m30s"), Some(90_000));
        assert_eq!(read("2h"), Some(7_200_000));
        assert_eq!(read("250ms"), Some(250));
        assert_eq!(read("-1"), None);
        assert_eq!(read("soon"), None);
    }
}
