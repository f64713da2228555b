//! Sources: listed, read, and written in the few properties they have.

use tams_model::{Id, Source};

use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::issue::Listed;
use crate::pages::Pages;
use crate::query::SourceQuery;

impl Connection {
    /// Sources, page by page.
    ///
    /// # Errors
    ///
    /// None of the network's before the first page is asked for.
    pub fn source_pages(&self, query: &SourceQuery) -> Result<Pages<Source>, TamsError> {
        let mut url = self.url(&["sources"])?;
        let mut sent = query.clone();
        if !self.has(Capability::SortBy) {
            sent.sort_by = None;
        }
        if !self.has(Capability::CollectedByFilter) {
            sent.collected_by = None;
        }
        if !self.has(Capability::SourceFilters) {
            sent = SourceQuery {
                limit: sent.limit,
                ..SourceQuery::default()
            };
        }
        sent.append(&mut url);
        let wanted = query.clone();
        let pages = Pages::new(self.clone(), url, query.limit);
        Ok(pages.keeping(move |source: &Source| wanted.admits(source)))
    }

    /// All sources of `query`.
    ///
    /// # Errors
    ///
    /// Those of [`Pages::next`].
    pub async fn sources(&self, query: &SourceQuery) -> Result<Listed<Source>, TamsError> {
        let mut listed = self.source_pages(query)?.all().await?;
        if let Some(sort) = query.sort_by
            && !self.has(Capability::SortBy)
        {
            sort.sort_sources(&mut listed.items, query.reverse);
        }
        Ok(listed)
    }

    /// One source.
    ///
    /// # Errors
    ///
    /// [`TamsError::NotFound`] and what any call fails with.
    pub async fn source(&self, id: Id) -> Result<Source, TamsError> {
        self.get_one(&["sources", &id.to_string()], "a source")
            .await
    }
}
