//! Asks a cluster.

use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body_util::Full;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::answers;
use super::auth::{Credentials, signed, unsendable};
use super::fault::{Fault, classify};
use super::rows::{self, Rows};
use super::settings::{HydrolixConfig, Surroundings};
use super::sql::{Queries, Statement};
use super::transport::{Answer, Transport};
use super::version::Version;
use crate::MetricsError;
use crate::audience::{AskError, Audience, Query, Reply};

/// A table in a cluster of Hydrolix, which is asked and to which events are sent.
pub struct Hydrolix {
    pub(crate) config: HydrolixConfig,
    pub(crate) world: Surroundings,
    transport: Transport,
    credentials: Credentials,
    version: Mutex<Option<Version>>,
}

/// What a cluster and its table turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The cluster's version, where it tells it.
    pub version: Option<Version>,
    /// Columns of the map that the table has not.
    pub missing: Vec<String>,
}

impl Hydrolix {
    /// Opens no connection yet.
    ///
    /// # Errors
    ///
    /// The certificate authorities of the settings can't be read.
    pub fn new(config: HydrolixConfig, world: Surroundings) -> Result<Self, MetricsError> {
        let transport = Transport::new(
            config.patience,
            config.ca_pem.as_deref(),
            config.base.host(),
        )?;
        Ok(Self {
            credentials: Credentials::new(config.auth.clone()),
            config,
            world,
            transport,
            version: Mutex::new(None),
        })
    }

    /// Asks for the version, signs in, and looks whether the table has the columns of the map.
    ///
    /// # Errors
    ///
    /// As a query.
    pub async fn check(&self, cancel: &CancellationToken) -> Result<Checked, Fault> {
        let version = self.version(cancel).await?;
        let queries = Queries {
            table: &self.config.table,
            columns: &self.config.columns,
        };
        let described = self.query(&queries.describe(), cancel).await?;
        let mut names = Vec::new();
        for row in described.iter() {
            names.push(row.text("name")?);
        }
        let missing = answers::columns(&self.config.columns)
            .filter(|wanted| !names.iter().any(|name| name == wanted))
            .map(str::to_owned)
            .collect();
        Ok(Checked { version, missing })
    }

    /// The cluster's version. It is asked once; a cluster that does not tell is asked the next time.
    pub(crate) async fn version(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Option<Version>, Fault> {
        let known = *lock(&self.version);
        let version = if known.is_some() {
            known
        } else {
            let url = self.config.base.at("version");
            let request = || get(&url);
            // Whoever does not tell its version may still answer queries.
            let tries = self.config.patience.tries;
            let answer = self.send(&request, false, tries, cancel).await?;
            let version = Version::read(&answer.body).filter(|_| answer.status == 200);
            *lock(&self.version) = version;
            version
        };
        match version {
            Some(version) if !version.takes_parameters() => Err(Fault::TooOld {
                found: version.to_string(),
            }),
            version => Ok(version),
        }
    }

    /// Sends one query and reads its rows.
    pub(crate) async fn query(
        &self,
        statement: &Statement,
        cancel: &CancellationToken,
    ) -> Result<Rows, Fault> {
        self.version(cancel).await?;
        let url = self.address(statement);
        let body = Bytes::from(statement.text.clone());
        let request = || {
            Request::post(url.as_str())
                .header(CONTENT_TYPE, "text/plain; charset=utf-8")
                .body(Full::new(body.clone()))
                .map_err(unsendable)
        };
        let table = self.config.table.to_string();
        let tries = self.config.patience.tries;
        let answer = self.send(&request, true, tries, cancel).await?;
        if answer.status != 200 {
            return Err(classify(answer.status, &answer.body, &table, answer.after));
        }
        rows::read(&answer.body, &table)
    }

    /// The address of a query: its parameters, and the limits of every query.
    fn address(&self, statement: &Statement) -> Url {
        let limits = self.config.limits;
        let mut url = self.config.base.at("query/");
        let mut pairs = url.query_pairs_mut();
        for (name, value) in &statement.params {
            pairs.append_pair(&format!("param_{name}"), value);
        }
        for (name, value) in [
            ("max_execution_time", u64::from(limits.execution_s)),
            ("max_result_rows", u64::from(limits.result_rows)),
            ("max_result_bytes", u64::from(limits.result_bytes)),
            ("max_memory_usage", limits.memory_bytes),
            ("max_timerange_sec", u64::from(limits.range_s)),
            ("max_attempts", u64::from(limits.attempts)),
        ] {
            pairs.append_pair(&format!("hdx_query_{name}"), &value.to_string());
        }
        // A description of a table has no times in it.
        let timed = !statement.params.is_empty();
        if timed {
            pairs.append_pair("hdx_query_timerange_required", "true");
        }
        if timed && limits.cache_s > 0 && statement.purpose != "now playing" {
            pairs.append_pair("use_query_cache", "1");
            pairs.append_pair("query_cache_ttl", &limits.cache_s.to_string());
        }
        if let Some(pool) = &self.config.pool {
            pairs.append_pair("hdx_query_pool_name", pool);
        }
        let comment = format!(
            "stringout/{}: {}",
            env!("CARGO_PKG_VERSION"),
            statement.purpose
        );
        pairs.append_pair("hdx_query_comment", &comment);
        drop(pairs);
        url
    }

    /// Sends a request, up to `tries` times, until it is answered by something that does not pass by
    /// itself; signed in with a token that is renewed once when it is refused. Ends when cancelled.
    pub(crate) async fn send(
        &self,
        request: &(dyn Fn() -> Result<Request<Full<Bytes>>, Fault> + Sync),
        sign: bool,
        tries: u32,
        cancel: &CancellationToken,
    ) -> Result<Answer, Fault> {
        let work = async {
            let mut renewed = false;
            let mut made = 0;
            loop {
                made += 1;
                let answered = self.try_once(request()?, sign).await;
                let fault = match &answered {
                    Ok(answer) if answer.status < 300 => return answered,
                    Ok(answer) => classify(answer.status, &answer.body, "", answer.after),
                    Err(fault) => fault.clone(),
                };
                let refused = matches!(fault, Fault::SignIn { .. });
                if sign && refused && !renewed && self.credentials.forget().await {
                    renewed = true;
                    made -= 1;
                    continue;
                }
                if !fault.passes() || made >= tries {
                    return answered;
                }
                self.pause(made, &fault).await;
            }
        };
        tokio::select! {
            answered = work => answered,
            () = cancel.cancelled() => Err(Fault::Cancelled),
        }
    }

    async fn try_once(
        &self,
        mut request: Request<Full<Bytes>>,
        sign: bool,
    ) -> Result<Answer, Fault> {
        if sign {
            let header: HeaderValue = self
                .credentials
                .header(&self.config.base, &self.transport, &self.world)
                .await?;
            signed(&mut request, header);
        }
        self.transport.send(request).await
    }

    /// The organisation of who asks.
    pub(crate) async fn organisation(&self) -> Result<Option<String>, Fault> {
        self.credentials
            .organisation(&self.config.base, &self.transport)
            .await
    }

    /// Waits after try number `made`: what the cluster asks for, else twice as long each time, with
    /// jitter over the upper half.
    async fn pause(&self, made: u32, fault: &Fault) {
        if let Fault::Busy {
            after: Some(after), ..
        } = fault
        {
            return self.world.pause.pause(*after).await;
        }
        let doubled = 1_u32
            .checked_shl(made.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let whole = self.config.patience.pause.saturating_mul(doubled);
        let jitter = whole / 2 * u32::from((self.world.chance)()) / 255;
        self.world.pause.pause(whole / 2 + jitter).await;
    }
}

#[async_trait]
impl Audience for Hydrolix {
    async fn ask(&self, query: &Query, cancel: &CancellationToken) -> Result<Reply, AskError> {
        query.check()?;
        match answers::answer(self, query, cancel).await {
            Err(Fault::Cancelled) => Err(AskError::Cancelled),
            answered => Ok(answered?),
        }
    }
}

pub(crate) fn get(url: &Url) -> Result<Request<Full<Bytes>>, Fault> {
    Request::get(url.as_str())
        .body(Full::default())
        .map_err(unsendable)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
