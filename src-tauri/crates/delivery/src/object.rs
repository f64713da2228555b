//! One endpoint, and what can be asked of a single object.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::presigning::PresigningConfig;
use mediatime::Timestamp;
use url::Url;

use crate::client::Clients;
use crate::endpoint::Endpoint;
use crate::error::DeliveryError;
use crate::etag::bare_etag;
use crate::throttle::Throttle;

/// The longest life S3 allows a presigned URL.
pub const MAX_PRESIGNED_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);

/// A client of one [`Endpoint`].
///
/// Keys are relative to the endpoint's prefix. Each request is tried up to three times; anything
/// beyond that is the caller's, guided by [`DeliveryError::is_retryable`].
pub struct Delivery {
    pub(crate) endpoint: Endpoint,
    pub(crate) clients: Clients,
    pub(crate) throttle: Arc<Throttle>,
    /// Whether the bucket was seen, so that it isn't asked for again.
    pub(crate) bucket_seen: AtomicBool,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("endpoint", &self.endpoint.name)
            .finish_non_exhaustive()
    }
}

/// What a store knows about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// Size in bytes.
    pub size: u64,
    /// ETag without quotes.
    pub etag: Option<String>,
    /// Media type.
    pub content_type: Option<String>,
    /// Metadata by lower-case name.
    pub metadata: BTreeMap<String, String>,
}

/// A URL that lets anybody who has it read one object until it expires.
///
/// It is a credential: `Debug` hides it, and it belongs into no log, project, record or printed code.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl {
    url: String,
    expires: Timestamp,
}

impl PresignedUrl {
    /// The URL itself.
    pub fn expose(&self) -> &str {
        &self.url
    }

    /// When it stops working, UTC since the Unix epoch. Temporary credentials may end it earlier.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresignedUrl")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl Delivery {
    /// Prepares a client. Reads the endpoint's certificate file; sends nothing.
    ///
    /// # Errors
    /// [`DeliveryError::InvalidEndpoint`] names the field that can't be used.
    pub fn new(endpoint: Endpoint) -> Result<Self, DeliveryError> {
        let (endpoint, url) = endpoint.checked()?;
        let clients = Clients::new(&endpoint, &url)?;
        let throttle = Arc::new(Throttle::new(endpoint.bandwidth));
        Ok(Self {
            endpoint,
            clients,
            throttle,
            bucket_seen: AtomicBool::new(false),
        })
    }

    /// Changes the upload cap, in bytes per second, also for uploads that run.
    pub fn set_bandwidth(&self, cap: Option<NonZeroU64>) {
        self.throttle.set_rate(cap);
    }

    /// The plain address of a key, without credentials or signature.
    ///
    /// # Errors
    /// [`DeliveryError::InvalidKey`].
    pub fn object_url(&self, key: &str) -> Result<String, DeliveryError> {
        Ok(self.endpoint.address(&self.endpoint.full_key(key)?))
    }

    /// Asks for an object; `None` when there is none, or no bucket.
    ///
    /// # Errors
    /// See [`DeliveryError`].
    pub async fn head(&self, key: &str) -> Result<Option<ObjectHead>, DeliveryError> {
        self.head_full(&self.endpoint.full_key(key)?).await
    }

    pub(crate) async fn head_full(
        &self,
        full_key: &str,
    ) -> Result<Option<ObjectHead>, DeliveryError> {
        let request = self
            .clients
            .control
            .head_object()
            .bucket(&self.endpoint.bucket)
            .key(full_key);
        match Box::pin(request.send()).await {
            Ok(head) => Ok(Some(ObjectHead {
                size: u64::try_from(head.content_length().unwrap_or_default()).unwrap_or_default(),
                etag: head.e_tag().map(|etag| bare_etag(etag).to_owned()),
                content_type: head.content_type().map(str::to_owned),
                metadata: head.metadata.unwrap_or_default().into_iter().collect(),
            })),
            Err(error) => match self.endpoint.classify("HeadObject", error) {
                DeliveryError::Server { status: 404, .. } => Ok(None),
                error => Err(self.explained("HeadObject", error, full_key).await),
            },
        }
    }

    /// The answer to HEAD has no body and so no error code: a GET tells why the store refuses.
    async fn explained(
        &self,
        operation: &'static str,
        error: DeliveryError,
        full_key: &str,
    ) -> DeliveryError {
        let bare = match &error {
            DeliveryError::AccessDenied { .. } | DeliveryError::CredentialsRefused { .. } => true,
            DeliveryError::Server { status, .. } => *status == 400,
            _ => false,
        };
        if !bare {
            return error;
        }
        match self.list_one(full_key).await {
            Ok(()) => error,
            Err(DeliveryError::AccessDenied {
                url, bucket, code, ..
            }) => DeliveryError::AccessDenied {
                url,
                bucket,
                operation,
                code,
            },
            Err(told) => told,
        }
    }

    /// Lists at most one key: the cheapest request that is answered with an error code.
    pub(crate) async fn list_one(&self, full_prefix: &str) -> Result<(), DeliveryError> {
        let request = self
            .clients
            .control
            .list_objects_v2()
            .bucket(&self.endpoint.bucket)
            .prefix(full_prefix)
            .max_keys(1);
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.endpoint.classify("ListObjectsV2", error)),
        }
    }

    /// Asks for the bucket.
    pub(crate) async fn head_bucket(&self) -> Result<(), DeliveryError> {
        match Box::pin(
            self.clients
                .control
                .head_bucket()
                .bucket(&self.endpoint.bucket)
                .send(),
        )
        .await
        {
            Ok(_) => Ok(()),
            Err(error) => match self.endpoint.classify("HeadBucket", error) {
                DeliveryError::Server { status: 404, .. } => Err(DeliveryError::NoSuchBucket {
                    url: self.endpoint.url.clone(),
                    bucket: self.endpoint.bucket.clone(),
                }),
                error => Err(self
                    .explained("HeadBucket", error, &self.endpoint.prefix)
                    .await),
            },
        }
    }

    /// Deletes an object; fine when there is none.
    ///
    /// # Errors
    /// See [`DeliveryError`].
    pub async fn delete(&self, key: &str) -> Result<(), DeliveryError> {
        let full_key = self.endpoint.full_key(key)?;
        let request = self
            .clients
            .control
            .delete_object()
            .bucket(&self.endpoint.bucket)
            .key(full_key);
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.endpoint.classify("DeleteObject", error)),
        }
    }

    /// Signs a URL that reads an object (also in ranges) from `now` on for `life`. Nothing is sent,
    /// so it is not known whether the object exists.
    ///
    /// # Errors
    /// [`DeliveryError::InvalidKey`], or [`DeliveryError::InvalidInput`] when `life` is longer than
    /// [`MAX_PRESIGNED_LIFE`] or shorter than a second, or `now` is before 1970.
    pub async fn presign_get(
        &self,
        key: &str,
        life: Duration,
        now: Timestamp,
    ) -> Result<PresignedUrl, DeliveryError> {
        self.presign_full(self.endpoint.full_key(key)?, life, now)
            .await
    }

    /// As [`presign_get`](Self::presign_get), of an object of the bucket that is named by its address;
    /// `None` when the address is not of this bucket.
    ///
    /// # Errors
    /// As there.
    pub async fn presign_address(
        &self,
        address: &Url,
        life: Duration,
        now: Timestamp,
    ) -> Result<Option<PresignedUrl>, DeliveryError> {
        match self.endpoint.key_at(address) {
            Some(key) => self.presign_full(key, life, now).await.map(Some),
            None => Ok(None),
        }
    }

    async fn presign_full(
        &self,
        full_key: String,
        life: Duration,
        now: Timestamp,
    ) -> Result<PresignedUrl, DeliveryError> {
        let invalid = |reason: &str| DeliveryError::InvalidInput {
            field: "life of the link".into(),
            reason: reason.into(),
        };
        if life < Duration::from_secs(1) || life > MAX_PRESIGNED_LIFE {
            return Err(invalid(
                "a presigned URL lives from one second to seven days",
            ));
        }
        let since_epoch = u64::try_from(now.nanos())
            .map_err(|_| invalid("the clock is before 1970 or after 2554"))?;
        let start = UNIX_EPOCH + Duration::from_nanos(since_epoch);
        let config = PresigningConfig::builder()
            .start_time(start)
            .expires_in(life)
            .build()
            .map_err(|e| invalid(&e.to_string()))?;
        let request = self
            .clients
            .control
            .get_object()
            .bucket(&self.endpoint.bucket)
            .key(full_key);
        let signed = Box::pin(request.presigned(config))
            .await
            .map_err(|e| self.endpoint.classify("presigned GetObject", e))?;
        let life = i128::try_from(life.as_nanos())
            .ok()
            .and_then(Timestamp::from_nanos)
            .unwrap_or(Timestamp::ZERO);
        Ok(PresignedUrl {
            url: signed.uri().to_owned(),
            expires: now.saturating_add(life),
        })
    }
}
