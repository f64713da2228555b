//! TAMS servers in the window: what they have, how they stand, and asking them again.

use super::flows::{flow_words, tag_words};
use super::linking::{Choice, collected};
use super::{Desk, blocking, lock};
use crate::remotes::Listing;
use crate::{Code, Failure, records};
use ipc::{Availability, ConnectionState, ConnectionView, SourceView};
use mediatime::TimeRange;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tams::{Purpose, choose_flow};
use tams_model::{Flow, Id};

/// How often servers are asked again by themselves.
const ASK_EVERY: Duration = Duration::from_secs(60);
/// Odd answers that are shown; more of them say nothing more.
const ISSUES: usize = 20;

/// The connections of a desk, by name.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<BTreeMap<String, Connection>>);

/// A connection, and what it said last.
#[derive(Debug, Default)]
struct Connection {
    address: String,
    server: Option<String>,
    /// It is being asked now.
    busy: bool,
    /// It was asked since the desk was opened.
    asked: bool,
    listing: Arc<Listing>,
}

impl Connection {
    fn state(&self) -> ConnectionState {
        match &self.listing.problem {
            None if self.asked => ConnectionState::Online,
            None => ConnectionState::Connecting,
            Some(failure) => match failure.code {
                Code::Unreachable => ConnectionState::Offline,
                Code::CredentialsRefused => ConnectionState::Refused,
                _ if failure.retryable => ConnectionState::Offline,
                _ => ConnectionState::Wrong,
            },
        }
    }
}

impl Desk {
    /// Shows what servers said last, asks them, and goes on asking now and then.
    ///
    /// # Errors
    /// The cache can't be read.
    pub(super) async fn follow_connections(&self) -> Result<(), Failure> {
        let remotes = self.inner.workspace.remotes.clone();
        let known = blocking(move || {
            let names = remotes.names();
            names
                .map(|name| {
                    let connection = Connection {
                        address: remotes.config(name)?.url.clone(),
                        listing: Arc::new(remotes.known_listing(name)?),
                        ..Connection::default()
                    };
                    Ok((name.to_owned(), connection))
                })
                .collect::<Result<BTreeMap<_, _>, Failure>>()
        })
        .await?;
        if known.is_empty() {
            return Ok(());
        }
        *lock(&self.inner.connections.0) = known;
        let desk = self.clone();
        self.spawn(async move {
            loop {
                desk.ask_connections(None).await;
                tokio::time::sleep(ASK_EVERY).await;
            }
        });
        Ok(())
    }

    /// Whether a server answered the last time it was asked.
    pub(super) fn is_online(&self, name: &str) -> bool {
        let connections = lock(&self.inner.connections.0);
        connections
            .get(name)
            .is_some_and(|connection| connection.state() == ConnectionState::Online)
    }

    /// What a server listed last.
    pub(super) fn listing_of(&self, name: &str) -> Option<Arc<Listing>> {
        let connections = lock(&self.inner.connections.0);
        connections
            .get(name)
            .map(|connection| Arc::clone(&connection.listing))
    }

    /// Asks a server, or all of them, again; events follow.
    ///
    /// # Errors
    /// There is no connection of this name.
    pub async fn connection_refresh(&self, args: ipc::ConnectionArgs) -> Result<(), Failure> {
        if let Some(name) = &args.name {
            self.inner.workspace.remotes.config(name)?;
        }
        self.ask_connections(args.name.as_deref()).await;
        Ok(())
    }

    async fn ask_connections(&self, only: Option<&str>) {
        let names: Vec<String> = {
            let mut connections = lock(&self.inner.connections.0);
            let asked = connections
                .iter_mut()
                .filter(|(name, connection)| {
                    !connection.busy && only.is_none_or(|only| only == name.as_str())
                })
                .map(|(name, connection)| {
                    connection.busy = true;
                    name.clone()
                });
            asked.collect()
        };
        if names.is_empty() {
            return;
        }
        let desk = self.clone();
        let told = blocking(move || {
            desk.tell_workspace();
            Ok(())
        });
        if let Err(failure) = told.await {
            self.failed(&failure);
        }
        for name in names {
            let desk = self.clone();
            self.spawn(async move { desk.ask_connection(&name).await });
        }
    }

    async fn ask_connection(&self, name: &str) {
        let remotes = &self.inner.workspace.remotes;
        let listing = match remotes.listing(name, true, &self.inner.stop).await {
            Ok(listing) => listing,
            Err(failure) => Listing {
                problem: Some(failure),
                ..Listing::default()
            },
        };
        let server = remotes.server_words(name);
        {
            let mut connections = lock(&self.inner.connections.0);
            if let Some(connection) = connections.get_mut(name) {
                let before = connection.state();
                let flows = connection.listing.flows.clone();
                connection.busy = false;
                connection.asked = true;
                connection.server = server.or(connection.server.take());
                if listing.as_of.is_some() || listing.problem.is_none() {
                    connection.listing = Arc::new(listing);
                } else {
                    // What was shown stays.
                    connection.listing = Arc::new(Listing {
                        problem: listing.problem,
                        ..(*connection.listing).clone()
                    });
                }
                let back = before != ConnectionState::Online
                    && connection.state() == ConnectionState::Online;
                if back || connection.listing.flows != flows {
                    // Flows that the sequence needs can be fetched now, or have a better one beside
                    // them.
                    self.inner.replan.notify_one();
                }
            }
        }
        let desk = self.clone();
        let told = blocking(move || {
            desk.tell_workspace();
            desk.tell_sources();
            Ok(())
        });
        if let Err(failure) = told.await {
            self.failed(&failure);
        }
    }

    pub(super) fn connection_views(&self) -> Vec<ConnectionView> {
        let connections = lock(&self.inner.connections.0);
        connections
            .iter()
            .map(|(name, connection)| ConnectionView {
                name: name.clone(),
                address: connection.address.clone(),
                server: connection.server.clone(),
                state: connection.state(),
                busy: connection.busy,
                as_of: connection.listing.as_of.map(records::date),
                problem: connection.listing.problem.as_ref().map(Into::into),
                issues: connection
                    .listing
                    .issues
                    .iter()
                    .take(ISSUES)
                    .cloned()
                    .collect(),
            })
            .collect()
    }

    /// Sources of servers that have something to open.
    pub(super) fn remote_source_views(&self) -> Result<Vec<SourceView>, Failure> {
        // What takes long is done without the lock.
        let connections: Vec<(String, ConnectionState, Arc<Listing>)> = {
            let connections = lock(&self.inner.connections.0);
            let all = connections.iter().map(|(name, connection)| {
                (
                    name.clone(),
                    connection.state(),
                    Arc::clone(&connection.listing),
                )
            });
            all.collect()
        };
        let mut views = Vec::new();
        for (name, state, listing) in &connections {
            let by_id: HashMap<Id, &Flow> =
                listing.flows.iter().map(|flow| (flow.id, flow)).collect();
            let mut of_source: HashMap<Id, Vec<&Flow>> = HashMap::new();
            for flow in &listing.flows {
                of_source.entry(flow.source_id).or_default().push(flow);
            }
            let view = |flow: &Flow| {
                let reach = self.remote_availability(name, *state, flow)?;
                let id = format!("{name}/{}", flow.id);
                let member = |id| by_id.get(&id).map(|flow| (*flow).clone());
                Ok::<_, Failure>(flow_words(flow, id, reach, &member))
            };
            for source in &listing.sources {
                let mut own = Vec::new();
                let flows = of_source.get(&source.id).map_or(&[][..], Vec::as_slice);
                for flow in best_first(flows, &listing.flows) {
                    let shown = view(flow)?;
                    if !shown.playable {
                        continue;
                    }
                    own.push(shown);
                    for item in flow.flow_collection.iter().flatten() {
                        if let Some(member) = by_id.get(&item.id) {
                            own.push(view(member)?);
                        }
                    }
                }
                if own.is_empty() {
                    continue;
                }
                let owned: Vec<Flow> = flows.iter().map(|flow| (*flow).clone()).collect();
                let members = collected(&owned, &|id| by_id.get(&id).map(|flow| (*flow).clone()));
                let choice = Choice::of(&owned, &members);
                let named = |id: Id| format!("{name}/{id}");
                views.push(SourceView {
                    id: format!("{name}/{}", source.id),
                    preview_flow: choice.preview.map(named),
                    best_flow: choice.best.map(named),
                    connection: Some(name.clone()),
                    title: source
                        .label
                        .clone()
                        .unwrap_or_else(|| source.id.to_string()),
                    created: source.created.as_ref().map(ToString::to_string),
                    flows: own,
                    tags: source.tags.as_ref().map(tag_words).unwrap_or_default(),
                });
            }
        }
        Ok(views)
    }

    /// Where the media of a server's flow are, as far as its segments were ever listed.
    fn remote_availability(
        &self,
        name: &str,
        state: ConnectionState,
        flow: &Flow,
    ) -> Result<Availability, Failure> {
        let away = match state {
            ConnectionState::Online => Availability::Online,
            _ => Availability::Offline,
        };
        let range = flow.timerange.unwrap_or(TimeRange::ETERNITY);
        let remotes = &self.inner.workspace.remotes;
        let Some((here, all)) = remotes.share_here(name, flow, range)? else {
            return Ok(away);
        };
        Ok(match here {
            0 if remotes.is_expired(name, flow) => Availability::Expired,
            0 => away,
            here if here == all => Availability::Cached,
            _ => Availability::Partial,
        })
    }
}

/// The flow to cut first: what is compiled is made of the one that is opened.
fn best_first<'f>(of_source: &[&'f Flow], all: &[Flow]) -> Vec<&'f Flow> {
    let mut flows = of_source.to_vec();
    let in_containers = flows
        .iter()
        .filter(|flow| flow.technical.container.is_some());
    if in_containers.count() > 1 {
        let candidates: Vec<Flow> = flows.iter().map(|flow| (*flow).clone()).collect();
        let has_media = |flow: &Flow| flow.technical.container.is_some();
        let best = choose_flow(Purpose::Compile, &candidates, all, has_media);
        let best = best.map(|flow| flow.id);
        flows.sort_by_key(|flow| Some(flow.id) != best);
    }
    flows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_flow_of_a_source_is_the_first() {
        let flow = |id: &str, container: bool, rate: u64| -> Flow {
            let mut flow = serde_json::json!({
                "id": id,
                "source_id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f",
                "format": "urn:x-nmos:format:video",
                "codec": "video/h264",
                "avg_bit_rate": rate,
                "essence_parameters": {
                    "frame_width": 1280, "frame_height": 720,
                    "frame_rate": {"numerator": 25, "denominator": 1}
                }
            });
            if container {
                flow["container"] = "video/mp4".into();
            }
            serde_json::from_value(flow).unwrap()
        };
        let all = [
            flow("4f79cfd1-c057-47f4-8e4d-1b126ca7bf31", false, 90_000),
            flow("4f79cfd1-c057-47f4-8e4d-1b126ca7bf32", true, 800),
            flow("4f79cfd1-c057-47f4-8e4d-1b126ca7bf33", true, 8000),
        ];
        let of_source: Vec<&Flow> = all.iter().collect();
        let order: Vec<u64> = best_first(&of_source, &all)
            .into_iter()
            .filter_map(|flow| flow.technical.avg_bit_rate)
            .collect();
        assert_eq!(order, [8000, 90_000, 800]);
    }
}
