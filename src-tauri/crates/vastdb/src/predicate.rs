//! Which rows are wanted.
//!
//! The server takes an AND of groups, each an OR of tests of one column, and nothing else. The types
//! here can't say anything else either.

use crate::column::{Column, ColumnKind};
use crate::error::VastError;

/// A value a column is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// For [`ColumnKind::Text`].
    Text(String),
    /// For [`ColumnKind::Int32`].
    Int32(i32),
    /// For [`ColumnKind::Int64`].
    Int64(i64),
    /// For [`ColumnKind::UInt64`].
    UInt64(u64),
    /// For [`ColumnKind::Bool`].
    Bool(bool),
    /// For [`ColumnKind::Float64`].
    Float64(f64),
    /// For [`ColumnKind::TimestampMicros`].
    TimestampMicros(i64),
    /// For [`ColumnKind::Binary`].
    Binary(Vec<u8>),
}

impl Value {
    /// The type it can be compared with.
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Text(_) => ColumnKind::Text,
            Self::Int32(_) => ColumnKind::Int32,
            Self::Int64(_) => ColumnKind::Int64,
            Self::UInt64(_) => ColumnKind::UInt64,
            Self::Bool(_) => ColumnKind::Bool,
            Self::Float64(_) => ColumnKind::Float64,
            Self::TimestampMicros(_) => ColumnKind::TimestampMicros,
            Self::Binary(_) => ColumnKind::Binary,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int32(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int64(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::UInt64(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float64(number)
    }
}

/// One test of a column. A missing value passes [`Test::IsNull`] alone.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Test {
    /// The value is this.
    Equal(Value),
    /// The value is another.
    NotEqual(Value),
    /// The value is greater.
    Greater(Value),
    /// The value is greater or this.
    GreaterEqual(Value),
    /// The value is less.
    Less(Value),
    /// The value is less or this.
    LessEqual(Value),
    /// The value is missing.
    IsNull,
    /// The value is there.
    IsValid,
    /// The text holds this text, letter by letter.
    Contains(String),
}

impl Test {
    /// The server's name of the function.
    pub(crate) fn function(&self) -> &'static str {
        match self {
            Self::Equal(_) => "equal",
            Self::NotEqual(_) => "not_equal",
            Self::Greater(_) => "greater",
            Self::GreaterEqual(_) => "greater_equal",
            Self::Less(_) => "less",
            Self::LessEqual(_) => "less_equal",
            Self::IsNull => "is_null",
            Self::IsValid => "is_valid",
            Self::Contains(_) => "match_substring",
        }
    }

    pub(crate) fn value(&self) -> Option<Value> {
        match self {
            Self::Equal(literal)
            | Self::NotEqual(literal)
            | Self::Greater(literal)
            | Self::GreaterEqual(literal)
            | Self::Less(literal)
            | Self::LessEqual(literal) => Some(literal.clone()),
            Self::Contains(text) => Some(Value::Text(text.clone())),
            Self::IsNull | Self::IsValid => None,
        }
    }
}

/// Tests of one column, of which at least one passes.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyOf {
    column: String,
    tests: Vec<Test>,
}

impl AnyOf {
    /// One test.
    pub fn new(column: impl Into<String>, test: Test) -> Self {
        Self {
            column: column.into(),
            tests: vec![test],
        }
    }

    /// Or another one.
    #[must_use]
    pub fn or(mut self, test: Test) -> Self {
        self.tests.push(test);
        self
    }

    /// The column's name.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The tests.
    pub fn tests(&self) -> &[Test] {
        &self.tests
    }
}

/// Groups that all pass; with no group, every row passes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predicate {
    groups: Vec<AnyOf>,
}

impl Predicate {
    /// Every row.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Rows whose `column` is `value`.
    pub fn equal(column: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::everything().and(AnyOf::new(column, Test::Equal(value.into())))
    }

    /// And these tests.
    #[must_use]
    pub fn and(mut self, group: AnyOf) -> Self {
        self.groups.push(group);
        self
    }

    /// The groups.
    pub fn groups(&self) -> &[AnyOf] {
        &self.groups
    }

    /// Whether every test fits the column it names.
    pub(crate) fn check(&self, columns: &[Column]) -> Result<(), VastError> {
        for group in &self.groups {
            let column = columns
                .iter()
                .find(|column| column.name == group.column)
                .ok_or_else(|| {
                    VastError::input(
                        format!("a test of {:?}", group.column),
                        "the table has no such column",
                    )
                })?;
            for test in &group.tests {
                let fits = test
                    .value()
                    .is_none_or(|literal| literal.kind() == column.kind);
                if !fits {
                    return Err(VastError::input(
                        format!("a test of {:?}", group.column),
                        format!("the column is {}, the value is not", column.kind),
                    ));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_fit_their_columns() {
        let columns = [
            Column::new("id", ColumnKind::Text),
            Column::new("n", ColumnKind::Int64),
        ];
        assert!(Predicate::equal("id", "x").check(&columns).is_ok());
        assert!(Predicate::equal("n", 1_i64).check(&columns).is_ok());
        assert!(Predicate::equal("n", 1_i32).check(&columns).is_err());
        assert!(Predicate::equal("m", "x").check(&columns).is_err());
        let contains = AnyOf::new("n", Test::IsNull).or(Test::Contains("x".into()));
        assert!(
            Predicate::everything()
                .and(contains)
                .check(&columns)
                .is_err()
        );
    }
}
