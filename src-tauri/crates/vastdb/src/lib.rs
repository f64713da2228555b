//! VAST Database wire client, and the tables of compilations in it.
//!
//! A [`VastDb`] is one cluster and one pair of keys. It speaks the protocol of the vendor's clients:
//! signed HTTP, Arrow messages for rows, FlatBuffers for queries and listings. Everything happens in
//! a [`Transaction`]. [`CompilationTables`] is what Stringout keeps there.
//!
//! ```no_run
//! # async fn f(clock: std::sync::Arc<dyn mediatime::Clock>) -> Result<(), vastdb::VastError> {
//! use vastdb::{Endpoint, HttpSettings, Predicate, Query, Secret, VastDb};
//!
//! let endpoint = Endpoint::new("https://vast.example", "access key", Secret::new("secret key"));
//! let db = VastDb::new(endpoint, HttpSettings::default(), clock)?;
//! let titles = db
//!     .with_snapshot(async |tx| {
//!         let table = tx.table("bucket", "stringout", "compilations").await?;
//!         let query = Query::columns(["title"]).matching(Predicate::equal("status", "published"));
//!         tx.query(&table, &query).await
//!     })
//!     .await?;
//! for row in 0..titles.len() {
//!     println!("{}", titles.text("title", row).unwrap_or_default());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Terminology
//!
//! | word | meaning |
//! |---|---|
//! | bucket, schema, table | where rows are; a schema is a folder of tables in a bucket |
//! | row id | the server's number of a row, which updates and deletions name |
//! | part | a share of a table that the server reads beside the others; it has its own place to go on |
//! | lost answer | a request of which it is unknown whether it took effect |
//! | operation | one change somebody wants, with an id of its own, however often it is tried |
//!
//! # Invariants
//!
//! - Credentials go to the configured address and nowhere else; no redirect is followed.
//! - No secret, signature or row gets into errors, logs or `Debug`.
//! - Reads are repeated when a connection breaks; writes only when they certainly had no effect.
//! - An answer that ends before it says so is an error, never the end of the rows.
//! - Nothing a server answers makes it panic, loop without end, or take memory without bound.
//! - Nothing is started in the background: a call that is dropped is over, and what it began on the
//!   server expires there.
#![deny(missing_docs)]

mod cells;
mod column;
mod compilations;
mod db;
mod endpoint;
mod error;
mod predicate;
mod probe;
mod query;
mod rows;
mod secret;
mod sign;
mod table;
mod transaction;
mod transport;
mod version;
mod wire;

pub use column::{Column, ColumnKind};
pub use compilations::{
    COMPILATIONS, CompilationSummary, CompilationTables, DEFAULT_SCHEMA, Effect, INPUTS, Listing,
    Note, Revision, StoredCompilation, Written,
};
pub use db::{Settled, VastDb};
pub use endpoint::{DEFAULT_REGION, Endpoint, HttpSettings};
pub use error::{ConnectFailure, VastError};
pub use predicate::{AnyOf, Predicate, Test, Value};
pub use probe::{ProbeWrites, Step, probe};
pub use query::Query;
pub use rows::Rows;
pub use secret::Secret;
pub use table::Table;
pub use transaction::Transaction;
pub use version::Version;
pub use wire::listing::Stats;
