//! What the store says of itself.

use rusqlite::{OptionalExtension, Transaction, params};
use tams_model::{Other, Service, ServiceUpdate, StorageBackend};

use super::Catalogue;
use crate::NodeError;

/// Label of the one storage backend, which marks its URLs.
pub(crate) const STORAGE_LABEL: &str = "local";

impl Catalogue {
    /// The store's name, version and limits (`GET /service`), without what depends on how it is
    /// served.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn service(&self) -> Result<Service, NodeError> {
        self.read(|tx| {
            Ok(Service {
                name: text(tx, "name")?,
                description: text(tx, "description")?,
                service_type: "urn:x-tams:service.stringout".to_owned(),
                api_version: "8.2".to_owned(),
                service_version: Some(
                    concat!("stringout-node.", env!("CARGO_PKG_VERSION")).to_owned(),
                ),
                event_stream_mechanisms: None,
                min_object_timeout: Some(self.options().min_object_timeout),
                min_presigned_url_timeout: None,
                other: Other::new(),
            })
        })
    }

    /// Sets the name and description that are given (`POST /service`).
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn update_service(&self, update: &ServiceUpdate) -> Result<(), NodeError> {
        self.write(|tx, _| {
            set_text(tx, "name", update.name.as_deref())?;
            set_text(tx, "description", update.description.as_deref())
        })
    }

    /// The one place this store keeps objects in.
    pub fn storage_backend(&self) -> StorageBackend {
        StorageBackend {
            id: self.storage_id(),
            label: Some(STORAGE_LABEL.to_owned()),
            store_type: "http_object_store".to_owned(),
            provider: "stringout".to_owned(),
            store_product: "local-folder".to_owned(),
            region: None,
            availability_zone: None,
            default_storage: Some(true),
            tags: None,
            other: Other::new(),
        }
    }
}

fn text(tx: &Transaction<'_>, name: &str) -> Result<Option<String>, NodeError> {
    let found = tx
        .query_row("SELECT value FROM node WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found)
}

fn set_text(tx: &Transaction<'_>, name: &str, value: Option<&str>) -> Result<(), NodeError> {
    if let Some(value) = value {
        tx.execute(
            "INSERT OR REPLACE INTO node (name, value) VALUES (?1, ?2)",
            params![name, value],
        )?;
    }
    Ok(())
}
