//! One server, opened: where its API is, which one it is, what it can do.

use std::fmt;
use std::sync::Arc;

use mediatime::Timestamp;
use serde::de::DeserializeOwned;
use tams_model::Service;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::auth::{Auth, Grant};
use crate::base::Base;
use crate::capability::{Capabilities, Capability};
use crate::dialect::{Adapter, Dialect, Evidence};
use crate::error::{Place, TamsError};
use crate::issue::Issue;
use crate::media::Transfer;
use crate::reading;
use crate::settings::ConnectionSettings;
use crate::surroundings::Surroundings;
use crate::transport::{Answer, Call, Tls, Transport, server_time};

/// Where vasttams 8.0 keeps its API below the address people give.
const LATEST: [&str; 3] = ["api", "tams", "latest"];

/// A connection to one TAMS server. Cheap to clone.
///
/// Every call ends early with [`TamsError::Cancelled`] when the token the connection was opened with,
/// or was put [`under`](Connection::under), is cancelled.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
    cancel: CancellationToken,
}

struct Shared {
    settings: ConnectionSettings,
    transport: Transport,
    transfer: Transfer,
    /// Where the API is; the base, or below it.
    api: Url,
    dialect: Dialect,
    adapter: Box<dyn Adapter>,
    capabilities: Capabilities,
    service: Service,
    server_time: Option<Timestamp>,
    issues: Vec<Issue>,
}

impl Connection {
    /// Asks the server who it is, at the configured address and then where vasttams 8.0 has its API.
    ///
    /// # Errors
    ///
    /// [`TamsError::InvalidSettings`], [`TamsError::NotTams`] when something else answers, and what
    /// any call fails with.
    pub async fn open(
        settings: ConnectionSettings,
        surroundings: Surroundings,
        cancel: &CancellationToken,
    ) -> Result<Self, TamsError> {
        let tls = Arc::new(Tls::new(settings.ca_pem.as_deref())?);
        let transfer = Transfer::new(&settings, &surroundings, Arc::clone(&tls))?;
        let transport = Transport::new(&settings, surroundings, tls)?;
        let found = find(&transport, cancel).await?;
        let evidence = Evidence {
            service: &found.service,
            url: &found.api,
            below_api: found.api.path().contains("/api/tams/"),
            amazon: found.amazon,
        };
        let dialect = settings
            .dialect
            .unwrap_or_else(|| Dialect::recognise(&evidence));
        let adapter = dialect.adapter(found.service.version());
        let capabilities = adapter.capabilities();
        let issues = warnings(&settings, &transport.base, dialect);
        tracing::info!(
            server = %Place::of(&found.api), %dialect, version = found.service.api_version, "connected"
        );
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                transport,
                transfer,
                api: found.api,
                dialect,
                adapter,
                capabilities,
                service: found.service,
                server_time: found.server_time,
                issues,
            }),
            cancel: cancel.clone(),
        })
    }

    /// The same connection, whose calls end when `cancel` is cancelled.
    #[must_use]
    pub fn under(&self, cancel: &CancellationToken) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            cancel: cancel.clone(),
        }
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.shared.settings.name
    }

    /// Where its API is, without any secret.
    pub fn address(&self) -> String {
        Place::of(&self.shared.api).to_string()
    }

    /// Which kind of server it is.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// What it can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.shared.capabilities
    }

    /// What it said of itself when the connection was opened.
    pub fn service(&self) -> &Service {
        &self.shared.service
    }

    /// What time it was by the server's clock when the connection was opened, to the second; absent
    /// when it doesn't tell.
    pub fn server_time(&self) -> Option<Timestamp> {
        self.shared.server_time
    }

    /// What the user should know about this connection: warnings of its settings and its server.
    pub fn issues(&self) -> &[Issue] {
        &self.shared.issues
    }

    /// The tokens of a sign-in by the browser as they are now, to keep them; they change when they
    /// are refreshed. Absent for every other way to sign in.
    pub fn grant(&self) -> Option<Grant> {
        self.shared.transport.auth.grant()
    }

    /// Says why the server can't do `capability`, if so.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`].
    pub fn require(&self, capability: Capability) -> Result<(), TamsError> {
        if self.shared.capabilities.has(capability) {
            return Ok(());
        }
        Err(self.unsupported(capability.lack()))
    }

    pub(crate) fn unsupported(&self, what: &str) -> TamsError {
        TamsError::Unsupported {
            server: format!("{} ({})", self.address(), self.shared.adapter.title()),
            what: what.to_owned(),
        }
    }

    pub(crate) fn settings(&self) -> &ConnectionSettings {
        &self.shared.settings
    }

    pub(crate) fn adapter(&self) -> &dyn Adapter {
        &*self.shared.adapter
    }

    pub(crate) fn base(&self) -> &Base {
        &self.shared.transport.base
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    pub(crate) fn transfer(&self) -> &Transfer {
        &self.shared.transfer
    }

    pub(crate) fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    pub(crate) fn has(&self, capability: Capability) -> bool {
        self.shared.capabilities.has(capability)
    }

    /// The address of `segments` below the API.
    pub(crate) fn url(&self, segments: &[&str]) -> Result<Url, TamsError> {
        Base::join(&self.shared.api, segments)
    }

    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, TamsError> {
        self.shared.transport.send(call, &self.cancel).await
    }

    /// Sends what changes something; an answer that says inside that it failed has failed.
    pub(crate) async fn write(&self, call: &Call) -> Result<Answer, TamsError> {
        let answer = self.send(call).await?;
        reading::refuse_hidden_error(&answer)?;
        Ok(answer)
    }

    pub(crate) async fn get_one<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        what: &'static str,
    ) -> Result<T, TamsError> {
        let answer = self.send(&Call::get(self.url(segments)?)).await?;
        reading::one(&answer, what)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("name", &self.shared.settings.name)
            .field("address", &self.address())
            .field("dialect", &self.shared.dialect)
            .finish_non_exhaustive()
    }
}

/// A server that was found.
struct Found {
    api: Url,
    service: Service,
    amazon: bool,
    server_time: Option<Timestamp>,
}

async fn find(transport: &Transport, cancel: &CancellationToken) -> Result<Found, TamsError> {
    let base = transport.base.url().clone();
    let first = match probe(transport, base.clone(), cancel).await {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    // Only an answer that is no TAMS answer makes it worth looking elsewhere.
    let elsewhere = matches!(
        first,
        TamsError::NotFound { .. } | TamsError::NotTams { .. } | TamsError::BadAnswer { .. }
    ) || matches!(first, TamsError::Rejected { status, .. } if status < 500);
    if !elsewhere {
        return Err(first);
    }
    let below = Base::join(&base, &LATEST)?;
    match probe(transport, below, cancel).await {
        Ok(found) => Ok(found),
        Err(error @ (TamsError::Cancelled | TamsError::Unauthorized { .. })) => Err(error),
        Err(_) => Err(match first {
            TamsError::NotFound { at, .. } => TamsError::NotTams {
                at,
                what: "that there is no /service".to_owned(),
            },
            first => first,
        }),
    }
}

async fn probe(
    transport: &Transport,
    api: Url,
    cancel: &CancellationToken,
) -> Result<Found, TamsError> {
    let call = Call::get(Base::join(&api, &["service"])?);
    let answer = transport.send(&call, cancel).await?;
    let service: Service = reading::one(&answer, "a TAMS service")?;
    let server_time = server_time(&answer.headers);
    let amazon = ["x-amz-apigw-id", "x-amzn-requestid"]
        .into_iter()
        .any(|name| answer.headers.contains_key(name));
    Ok(Found {
        api,
        service,
        amazon,
        server_time,
    })
}

fn warnings(settings: &ConnectionSettings, base: &Base, dialect: Dialect) -> Vec<Issue> {
    let mut issues = Vec::new();
    let name = format!("connection {}", settings.name);
    if !settings.auth.is_none()
        && base.url().scheme() == "http"
        && !crate::settings::is_loopback(base.url())
    {
        issues.push(Issue::new(
            &name,
            "its credentials travel over plain HTTP and can be read on the way",
        ));
    }
    if !settings.rewrites.is_empty() {
        issues.push(Issue::new(&name, crate::media::Rewrite::WARNING));
    }
    match dialect {
        // vasttams 8.0, quirks 10 and 12
        Dialect::Vasttams8 => {
            if matches!(settings.auth, Auth::None) {
                issues.push(Issue::new(
                    &name,
                    "vasttams 8.0 makes users with publicly known passwords when it starts; its operator must change them",
                ));
            }
            issues.push(Issue::new(
                &name,
                "vasttams 8.0 deletes objects that other flows still use; retire material by a tag instead",
            ));
        }
        Dialect::Vasttams6 => issues.push(Issue::new(
            &name,
            "vasttams 6.0 has no pages and cuts long lists off without saying so; it asks nobody to sign in",
        )),
        Dialect::Eyevinn => issues.push(Issue::new(
            &name,
            "tams-gateway checks neither overlaps nor objects and loses time offsets",
        )),
        _ => {}
    }
    issues
}
