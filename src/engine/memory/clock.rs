//! Time in the twin's world.

use std::ops::Add;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A point in the world's time: microseconds since the world began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(u64);

impl Moment {
    /// So long after the world began.
    pub fn after(age: Duration) -> Self {
        Self(u64::try_from(age.as_micros()).unwrap_or(u64::MAX))
    }

    /// How long ago `earlier` was; zero if it is still to come.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// How a world's time lies on the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// When the world began, in microseconds of Unix time.
    pub began: i64,
    /// Seconds of the world in one second of the calendar.
    pub pace: u32,
}

impl Calendar {
    /// A world that begins with the year 2026 and runs as the clock does: the same in every run.
    pub const FIXED: Self = Self { began: 1_767_225_600_000_000, pace: 1 };

    /// What a person's clock shows then.
    pub fn timestamp(self, moment: Moment) -> Timestamp {
        let elapsed = i64::try_from(moment.0 / u64::from(self.pace)).unwrap_or(i64::MAX);
        Timestamp::from_microsecond(self.began.saturating_add(elapsed)).unwrap_or(Timestamp::MAX)
    }

    /// What the world's clock shows at this time of the calendar.
    pub fn moment(self, at: Timestamp) -> Moment {
        let elapsed = u64::try_from(at.as_microsecond().saturating_sub(self.began)).unwrap_or(0);
        Moment(elapsed.saturating_mul(u64::from(self.pace)))
    }

    /// How long a time of the world takes outside of it.
    pub fn outside(self, time: Duration) -> Duration {
        time / self.pace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_world_still_shows_the_time_of_the_calendar() {
        let calendar = Calendar { pace: 10, ..Calendar::FIXED };
        let later = calendar.timestamp(Moment::after(Duration::from_secs(100)));
        assert_eq!(later.to_string(), "2026-01-01T00:00:10Z");
        assert_eq!(calendar.moment(later), Moment::after(Duration::from_secs(100)));
    }
}
