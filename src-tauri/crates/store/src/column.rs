//! How values lie in columns: ids and ranges as text, structures as JSON, times as two integers.
//!
//! A [`Timestamp`] needs more than 64 bits of nanoseconds, so it is kept as `X_s`, whole seconds
//! rounded down, and `X_ns`, the nanoseconds from there. The pair sorts as the time does, is exact, and
//! `datetime(X_s, 'unixepoch')` shows a wall clock time to whoever looks into the file.

use crate::StoreError;
use mediatime::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::fmt::Display;
use std::str::FromStr;

const NANOS_PER_SEC: i128 = 1_000_000_000;

/// A value kept in its text form.
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Display> ToSql for Text<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl<T> FromSql for Text<T>
where
    T: FromStr,
    T::Err: Error + Send + Sync + 'static,
{
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let parsed = value.as_str()?.parse();
        parsed
            .map(Self)
            .map_err(|err| FromSqlError::Other(Box::new(err)))
    }
}

/// A value kept as JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0);
        let text = text.map_err(|err| rusqlite::Error::ToSqlConversionFailure(Box::new(err)))?;
        Ok(text.into())
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let parsed = serde_json::from_str(value.as_str()?);
        parsed
            .map(Self)
            .map_err(|err| FromSqlError::Other(Box::new(err)))
    }
}

/// The two columns of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeColumns {
    pub(crate) secs: i64,
    pub(crate) nanos: i64,
}

impl From<Timestamp> for TimeColumns {
    fn from(time: Timestamp) -> Self {
        let nanos = time.nanos();
        // A timestamp has 48 bits of seconds: neither half can be cut off here.
        Self {
            secs: nanos.div_euclid(NANOS_PER_SEC) as i64,
            nanos: nanos.rem_euclid(NANOS_PER_SEC) as i64,
        }
    }
}

/// The two columns of a time that may be missing.
pub(crate) fn optional(time: Option<Timestamp>) -> (Option<i64>, Option<i64>) {
    let columns = time.map(TimeColumns::from);
    (
        columns.map(|columns| columns.secs),
        columns.map(|columns| columns.nanos),
    )
}

/// The time in columns `at` and `at + 1` of a row.
pub(crate) fn time(row: &Row<'_>, at: usize) -> Result<Timestamp, StoreError> {
    joined(row.get(at)?, row.get(at + 1)?)
}

/// The time in columns `at` and `at + 1` of a row, when there is one.
pub(crate) fn optional_time(row: &Row<'_>, at: usize) -> Result<Option<Timestamp>, StoreError> {
    let columns: (Option<i64>, Option<i64>) = (row.get(at)?, row.get(at + 1)?);
    match columns {
        (Some(secs), Some(nanos)) => joined(secs, nanos).map(Some),
        _ => Ok(None),
    }
}

fn joined(secs: i64, nanos: i64) -> Result<Timestamp, StoreError> {
    let total = i128::from(secs) * NANOS_PER_SEC + i128::from(nanos);
    Timestamp::from_nanos(total).ok_or_else(|| StoreError::bad_time(secs, nanos))
}

/// A count or size as SQLite holds it.
pub(crate) fn integer(field: &'static str, value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::TooLarge { field, value })
}

/// The count or size in column `at` of a row.
pub(crate) fn unsigned(row: &Row<'_>, at: usize) -> Result<u64, StoreError> {
    let value: i64 = row.get(at)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, value).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(value: i128) -> Timestamp {
        Timestamp::from_nanos(value).unwrap()
    }

    #[test]
    fn times_survive_and_sort_as_two_integers() {
        let times = [
            Timestamp::MIN,
            nanos(-10_i128.pow(19)),
            nanos(-1_000_000_001),
            nanos(-1_000_000_000),
            nanos(-1),
            Timestamp::ZERO,
            nanos(1),
            nanos(999_999_999),
            nanos(1_000_000_000),
            nanos(10_i128.pow(19)),
            Timestamp::MAX,
        ];
        let columns = times.map(TimeColumns::from);
        assert!(columns.is_sorted_by_key(|columns| (columns.secs, columns.nanos)));
        for (time, columns) in times.into_iter().zip(columns) {
            assert!((0..1_000_000_000).contains(&columns.nanos), "{columns:?}");
            assert_eq!(joined(columns.secs, columns.nanos).unwrap(), time);
        }
        assert_eq!(
            TimeColumns::from(nanos(-1)),
            TimeColumns {
                secs: -1,
                nanos: 999_999_999
            }
        );
    }

    #[test]
    fn a_time_outside_the_limits_is_damage() {
        assert!(matches!(
            joined(i64::MAX, 0),
            Err(StoreError::Corrupt { .. })
        ));
    }

    #[test]
    fn a_size_no_column_holds_is_named() {
        let refused = integer("size", u64::MAX).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "size 18446744073709551615 is too large to be stored"
        );
        assert_eq!(integer("size", i64::MAX as u64).unwrap(), i64::MAX);
    }
}
