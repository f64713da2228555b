//! The servers of a workspace: the local node, and the play service.

use crate::hydrolix::INGEST;
use crate::links::own_addresses;
use crate::{Code, Failure, Workspace};
use bytes::Bytes;
use loopback::{Listener, LoopbackError, Policy};
use node::NodeOptions;
use play::{Placements, Play, PlayError, PlayOptions, Playable, PortError, Publisher, Spool};
use record::{Placement, ShortId};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the node looks for objects that no segment refers to any more.
const UPKEEP: Duration = Duration::from_secs(600);

/// How often view events are sent on.
const SEND_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

/// How often old ones are looked for.
const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(3600);

/// Folder of the view events in a workspace.
pub(crate) const SPOOL: &str = "play";

impl Workspace {
    /// Binds an address for the local node.
    ///
    /// # Errors
    /// The address can't be had.
    pub async fn bind_node(&self, addr: SocketAddr) -> Result<Listener, Failure> {
        Ok(Listener::bind(addr, policy(addr, None)).await?)
    }

    /// Serves the local node until `shutdown`.
    pub async fn serve_node(&self, listener: Listener, shutdown: CancellationToken) {
        let router = node::router(self.catalogue.clone(), NodeOptions::default());
        let upkeep = node::maintain(self.catalogue.clone(), UPKEEP, shutdown.clone());
        tokio::join!(upkeep, listener.serve(router, shutdown));
    }

    /// Binds an address for the play service.
    ///
    /// # Errors
    /// The address can't be had.
    pub async fn bind_play(&self, addr: SocketAddr) -> Result<Listener, Failure> {
        let public = self.config.play.base_url.as_deref();
        let host = public
            .and_then(|base| url::Url::parse(base).ok())
            .and_then(|base| {
                let host = base.host_str()?.to_owned();
                Some(match base.port() {
                    Some(port) => format!("{host}:{port}"),
                    None => host,
                })
            });
        Ok(Listener::bind(addr, policy(addr, host)).await?)
    }

    /// Serves the player page, its media and the collector until `shutdown`.
    ///
    /// # Errors
    /// The place for view events can't be written.
    pub async fn serve_play(
        &self,
        listener: Listener,
        shutdown: CancellationToken,
    ) -> Result<(), Failure> {
        let spool = Spool::open(self.dir().join(SPOOL))?;
        let settings = &self.config.play;
        let mut options = PlayOptions {
            base_url: settings.base_url.clone(),
            ..PlayOptions::default()
        };
        if let Some(name) = &settings.publisher {
            options.publisher = Publisher {
                name: name.clone(),
                ..Publisher::default()
            };
        }
        if let Some(prefix) = &settings.cmcd_prefix {
            options.cmcd_prefix.clone_from(prefix);
        }
        let records = Arc::new(Records(self.clone()));
        let play = Play::new(records, spool, Arc::clone(&self.clock), options)?;
        let ended = shutdown.clone();
        tokio::join!(
            play::serve(listener, play, shutdown),
            self.send_events_on(&ended)
        );
        Ok(())
    }

    /// Sends what the collector wrote down to Hydrolix, and removes what is too old, until it is told to
    /// stop. A failure waits in the outbox and is tried again.
    async fn send_events_on(&self, stop: &CancellationToken) {
        let mut swept: Option<std::time::Instant> = None;
        loop {
            let sent = async {
                self.queue_events()?;
                self.work_off_of(&[INGEST], &|_, _| {}, stop).await?;
                if swept.is_none_or(|swept| swept.elapsed() > SWEEP_EVERY) {
                    swept = Some(std::time::Instant::now());
                    self.remove_old_events()?;
                }
                Ok::<_, Failure>(())
            };
            if let Err(failure) = sent.await
                && !stop.is_cancelled()
            {
                tracing::warn!("view events wait: {failure}");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SEND_EVERY) => {}
            }
        }
    }

    /// Removes the days of view events that are older than `[play] keep_days` and were sent, where they
    /// are sent at all.
    fn remove_old_events(&self) -> Result<(), Failure> {
        let Some(days) = self.config.play.keep_days else {
            return Ok(());
        };
        let now = self.clock.now().nanos() / 1_000_000;
        let oldest = now - i128::from(days) * 86_400_000;
        let oldest = play::spool_day_at(i64::try_from(oldest).unwrap_or(i64::MIN));
        let dir = self.dir().join(SPOOL);
        for day in play::spool_days(&dir)? {
            if day.name < oldest && !self.is_unsent(&day)? {
                let path = dir.join(&day.name);
                std::fs::remove_file(&path).map_err(|error| Failure::io(path.display(), &error))?;
            }
        }
        Ok(())
    }
}

/// Who may ask: whoever names the bound address; every own address when all are bound.
fn policy(addr: SocketAddr, public_host: Option<String>) -> Policy {
    let mut policy = Policy::default();
    if addr.ip().is_unspecified() {
        for own in own_addresses() {
            policy = policy.allow_host(own.to_string());
        }
    }
    match public_host {
        Some(host) => policy.allow_host(host),
        None => policy,
    }
}

/// The workspace's records, as the play service asks for them.
struct Records(Workspace);

impl Placements for Records {
    fn placement(&self, id: &ShortId) -> Result<Option<Placement>, PortError> {
        Ok(self.0.work.placement(id)?)
    }

    fn compilation(&self, id: Uuid) -> Result<Option<Playable>, PortError> {
        let Some(record) = self.0.work.compilation(id)? else {
            return Ok(None);
        };
        let Some(media) = self.0.catalogue.object_path(&record.object_id)? else {
            return Ok(None);
        };
        let poster = std::fs::read(self.0.poster_path(id)?).ok().map(Bytes::from);
        Ok(Some(Playable {
            id,
            title: record.title,
            description: String::new(),
            media,
            content_type: record.media.container,
            duration_ms: u64::try_from(record.media.duration.nanos() / 1_000_000).unwrap_or(0),
            width: record.media.width,
            height: record.media.height,
            sound: record.media.audio_codec.is_some(),
            poster,
            captions: Vec::new(),
        }))
    }
}

impl From<LoopbackError> for Failure {
    fn from(error: LoopbackError) -> Self {
        Self::new(
            Code::BadInput,
            error.to_string(),
            "Name another address with `--listen`.",
        )
    }
}

impl From<PlayError> for Failure {
    fn from(error: PlayError) -> Self {
        let detail = error.to_string();
        match error {
            PlayError::SpoolOpen { source, .. }
            | PlayError::SpoolWrite { source, .. }
            | PlayError::SpoolRead { source, .. } => Self::io(detail, &source),
            PlayError::Prefix { .. } => Self::bad_input(detail, "Correct play.cmcd_prefix."),
            _ => Self::internal(detail),
        }
    }
}
