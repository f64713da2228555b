//! Finding where an object can be read, by the flow that uses it or by itself.

use mediatime::TimeRange;
use tams_model::{GetUrl, Id};

use super::copies::ranked;
use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::query::{SegmentQuery, Urls};

/// Other flows that are asked for an object whose own segment shows no URL.
const OTHER_FLOWS: usize = 8;

/// What finds an object's URLs again, whenever they are needed. This is what may be stored; URLs may
/// not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectLocation {
    /// The object.
    pub object_id: String,
    /// A flow with a segment of it; faster, and the only way on servers that don't answer about
    /// objects.
    pub flow: Option<Id>,
    /// Where on that flow.
    pub timerange: Option<TimeRange>,
}

impl Connection {
    /// The copies of an object, best first.
    pub(super) async fn copies(&self, location: &ObjectLocation) -> Result<Vec<GetUrl>, TamsError> {
        let mut found = Vec::new();
        if let Some(flow) = location.flow {
            found = self.copies_of_flow(flow, location).await?;
        }
        if found.is_empty() && self.has(Capability::Objects) {
            match self.object(&location.object_id, &Urls::All).await {
                Ok(info) => {
                    found = self.rank(info.get_urls);
                    // vasttams 6.0, quirk 3: only the flow that brought an object finds its bytes.
                    for flow in info.referenced_by_flows.iter().take(OTHER_FLOWS) {
                        if !found.is_empty() || Some(*flow) == location.flow {
                            continue;
                        }
                        let elsewhere = ObjectLocation {
                            timerange: None,
                            ..location.clone()
                        };
                        found = self.copies_of_flow(*flow, &elsewhere).await?;
                    }
                }
                Err(TamsError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if found.is_empty() {
            return Err(TamsError::NoCopy {
                object_id: location.object_id.clone(),
                detail: "the server names no place it can be read from".to_owned(),
            });
        }
        Ok(found)
    }

    async fn copies_of_flow(
        &self,
        flow: Id,
        location: &ObjectLocation,
    ) -> Result<Vec<GetUrl>, TamsError> {
        let mut query = SegmentQuery {
            timerange: location.timerange,
            object_id: Some(location.object_id.clone()),
            urls: Urls::All,
            ..SegmentQuery::default()
        };
        let mut pages = self.segment_pages(flow, &query)?;
        while let Some(page) = pages.next().await? {
            for segment in page.items {
                let copies = self.rank(segment.get_urls);
                if !copies.is_empty() {
                    return Ok(copies);
                }
            }
        }
        if location.timerange.is_none() {
            return Ok(Vec::new());
        }
        // It may be the initialisation segment of what lies there.
        query.object_id = None;
        let mut pages = self.segment_pages(flow, &query)?;
        while let Some(page) = pages.next().await? {
            let init = page
                .items
                .into_iter()
                .filter_map(|segment| segment.init_object)
                .find(|init| init.object_id == location.object_id);
            if let Some(init) = init {
                return Ok(self.rank(init.get_urls));
            }
        }
        Ok(Vec::new())
    }

    fn rank(&self, copies: Option<Vec<GetUrl>>) -> Vec<GetUrl> {
        ranked(&copies.unwrap_or_default(), &self.transfer().prefer)
    }
}
