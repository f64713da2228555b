//! A table as it was found.

use crate::column::Column;

/// A table and its columns, as they were when it was looked up. Keep it: looking it up costs a
/// request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Bucket.
    pub bucket: String,
    /// Schema in the bucket.
    pub schema: String,
    /// Name in the schema.
    pub name: String,
    /// Its columns, in the order of the server.
    pub columns: Vec<Column>,
}

impl Table {
    /// `bucket/schema/table`, for people.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.bucket, self.schema, self.name)
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(crate) fn names(&self) -> [&str; 3] {
        [&self.bucket, &self.schema, &self.name]
    }
}
