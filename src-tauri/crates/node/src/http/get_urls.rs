//! The `get_urls` of objects, filtered as a request asks.

use mediatime::Timestamp;
use tams_model::{GetUrl, Id};

use super::Node;
use super::answer::Failure;
use super::query::Query;
use crate::catalogue::{STORAGE_LABEL, StoredUrls};
use crate::media_url::Purpose;
use crate::{NodeError, TagFilter};

/// Which URLs to answer, and how much about them. All filters must pass.
pub(super) struct UrlFilter {
    labels: Option<Vec<String>>,
    storage_ids: Vec<Id>,
    presigned: Option<bool>,
    verbose: bool,
    tags: TagFilter,
}

impl UrlFilter {
    /// Takes the parameters every endpoint with `get_urls` has.
    pub(super) fn take(query: &mut Query) -> Result<Self, NodeError> {
        Ok(Self {
            labels: query.labels("accept_get_urls")?,
            storage_ids: query.ids("accept_storage_ids")?.unwrap_or_default(),
            presigned: query.flag("presigned")?,
            verbose: query.flag("verbose_storage")?.unwrap_or(false),
            tags: query.tags("storage_backend_")?,
        })
    }

    fn label_passes(&self, label: &str) -> bool {
        self.labels
            .as_ref()
            .is_none_or(|labels| labels.iter().any(|wanted| wanted == label))
    }

    /// Our storage backend has no tags, and a copy elsewhere no backend, so only the absence of
    /// tags can be asked of either.
    fn tags_pass(&self) -> bool {
        self.tags.values.is_empty() && self.tags.exists.iter().all(|(_, exists)| !exists)
    }

    fn held_passes(&self, storage_id: Id) -> bool {
        self.presigned != Some(false)
            && self.label_passes(STORAGE_LABEL)
            && (self.storage_ids.is_empty() || self.storage_ids.contains(&storage_id))
            && self.tags_pass()
    }

    fn copy_passes(&self, label: &str) -> bool {
        self.presigned != Some(true)
            && self.label_passes(label)
            && self.storage_ids.is_empty()
            && self.tags_pass()
    }
}

/// Makes URLs for one answer.
pub(super) struct UrlMaker<'a> {
    node: &'a Node,
    base: &'a str,
    expires: Timestamp,
    filter: &'a UrlFilter,
}

impl<'a> UrlMaker<'a> {
    pub(super) fn new(
        node: &'a Node,
        base: &'a str,
        filter: &'a UrlFilter,
    ) -> Result<Self, Failure> {
        Ok(Self {
            node,
            base,
            expires: node.url_expiry()?,
            filter,
        })
    }

    /// Where an object can be read: here first, then elsewhere.
    pub(super) fn urls(&self, object_id: &str, places: &StoredUrls) -> Vec<GetUrl> {
        let mut urls = Vec::with_capacity(1 + places.copies.len());
        if places.held && self.filter.held_passes(self.node.catalogue.storage_id()) {
            urls.push(self.held(object_id));
        }
        for copy in &places.copies {
            if self.filter.copy_passes(&copy.label) {
                urls.push(GetUrl {
                    url: copy.url.clone(),
                    label: Some(copy.label.clone()),
                    controlled: self.filter.verbose.then_some(false),
                    ..GetUrl::default()
                });
            }
        }
        urls
    }

    fn held(&self, object_id: &str) -> GetUrl {
        let catalogue = &self.node.catalogue;
        let url = GetUrl {
            url: catalogue
                .media_key()
                .url(self.base, Purpose::Read, object_id, self.expires),
            label: Some(STORAGE_LABEL.to_owned()),
            presigned: Some(true),
            ..GetUrl::default()
        };
        if !self.filter.verbose {
            return url;
        }
        let backend = catalogue.storage_backend();
        GetUrl {
            controlled: Some(true),
            storage_id: Some(backend.id),
            store_type: Some(backend.store_type),
            provider: Some(backend.provider),
            store_product: Some(backend.store_product),
            ..url
        }
    }
}
