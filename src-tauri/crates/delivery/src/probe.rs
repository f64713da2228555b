//! What an endpoint can do, tried out: the S3 lines of `doctor`.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::base64;
use md5::{Digest, Md5};
use sha2::Sha256;
use uuid::Uuid;

use crate::error::DeliveryError;
use crate::etag::{Md5Sum, bare_etag};
use crate::object::Delivery;

/// Content of the object the probe writes and deletes.
const CONTENT: &[u8] = b"Stringout wrote this to see whether it can. It may be deleted.\n";

/// One thing the probe looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// The address answers.
    Reachable,
    /// The store takes the credentials.
    Credentials,
    /// The bucket exists.
    Bucket,
    /// An object can be written under the prefix, read back and deleted.
    Write,
    /// A multipart upload can be begun, listed and aborted.
    Multipart,
    /// `If-None-Match: *` keeps an object from being replaced. Nothing depends on it.
    ConditionalWrite,
    /// A wrong `x-amz-checksum-sha256` is refused. Nothing depends on it.
    Checksum,
}

impl Check {
    /// A few words for a table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Credentials => "credentials accepted",
            Self::Bucket => "bucket exists",
            Self::Write => "can write under the prefix",
            Self::Multipart => "multipart uploads",
            Self::ConditionalWrite => "conditional writes",
            Self::Checksum => "checksum headers",
        }
    }
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Uploads work, but something is missing.
    Lacking,
    /// Uploads don't work.
    Bad,
    /// Not tried, because an earlier check went bad.
    Untried,
}

/// One line of an [`EndpointReport`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// What was looked at.
    pub check: Check,
    /// How it went.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// What to do about it; empty when there is nothing to do.
    pub hint: String,
}

/// What [`Delivery::probe`] found: a line for every [`Check`], in the order of that enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointReport {
    /// The endpoint's name in the configuration.
    pub endpoint: String,
    /// Its address.
    pub url: String,
    /// The lines.
    pub lines: Vec<ReportLine>,
}

impl EndpointReport {
    /// Whether uploads work.
    pub fn is_usable(&self) -> bool {
        self.lines
            .iter()
            .all(|line| matches!(line.verdict, Verdict::Good | Verdict::Lacking))
    }

    /// The line of a check.
    pub fn line(&self, check: Check) -> Option<&ReportLine> {
        self.lines.iter().find(|line| line.check == check)
    }

    fn add(
        &mut self,
        check: Check,
        verdict: Verdict,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.lines.push(ReportLine {
            check,
            verdict,
            detail: detail.into(),
            hint: hint.into(),
        });
    }

    fn good(&mut self, check: Check, detail: impl Into<String>) {
        self.add(check, Verdict::Good, detail, "");
    }

    fn bad(&mut self, check: Check, error: &DeliveryError) {
        self.add(check, Verdict::Bad, error.to_string(), error.hint());
    }

    fn untried(&mut self, checks: &[Check]) {
        for check in checks {
            self.add(*check, Verdict::Untried, "not tried", "");
        }
    }
}

impl Delivery {
    /// Tries out what uploads need, and what they could make use of. Writes one small object under
    /// the prefix, named after `nonce`, and deletes it.
    pub async fn probe(&self, nonce: Uuid) -> EndpointReport {
        let mut report = EndpointReport {
            endpoint: self.endpoint.name.clone(),
            url: self.endpoint.url.clone(),
            lines: Vec::new(),
        };
        if !self.probe_bucket(&mut report).await {
            return report;
        }
        let key = format!("{}stringout-probe-{nonce}", self.endpoint.prefix);
        if self.probe_write(&mut report, &key).await {
            self.probe_multipart(&mut report, &key).await;
            self.probe_conditional_write(&mut report, &key).await;
            self.probe_checksum(&mut report, &key).await;
        } else {
            report.untried(&[Check::Multipart, Check::ConditionalWrite, Check::Checksum]);
        }
        self.probe_clean_up(&mut report, &key).await;
        report
    }

    /// Reachable, credentials, bucket. Whether it is worth going on.
    async fn probe_bucket(&self, report: &mut EndpointReport) -> bool {
        const REST: &[Check] = &[
            Check::Write,
            Check::Multipart,
            Check::ConditionalWrite,
            Check::Checksum,
        ];
        let error = self.head_bucket().await.err();
        match &error {
            Some(
                error
                @ (DeliveryError::Unreachable { .. } | DeliveryError::UnreadableAnswer { .. }),
            ) => {
                report.bad(Check::Reachable, error);
                report.untried(&[Check::Credentials, Check::Bucket]);
                report.untried(REST);
                return false;
            }
            _ => report.good(Check::Reachable, "it answers"),
        }
        match &error {
            Some(
                error
                @ (DeliveryError::CredentialsRefused { .. } | DeliveryError::ClockSkew { .. }),
            ) => {
                report.bad(Check::Credentials, error);
                report.untried(&[Check::Bucket]);
            }
            // A bucket that isn't there is reported before the signature is looked at by some stores.
            _ => match self.list_one(&self.endpoint.prefix).await {
                Err(
                    refused @ (DeliveryError::CredentialsRefused { .. }
                    | DeliveryError::ClockSkew { .. }),
                ) => {
                    report.bad(Check::Credentials, &refused);
                    report.untried(&[Check::Bucket]);
                }
                _ => {
                    report.good(
                        Check::Credentials,
                        format!("access key {}", self.endpoint.access_key),
                    );
                    return self.probe_bucket_answer(report, error.as_ref(), REST);
                }
            },
        }
        report.untried(REST);
        false
    }

    fn probe_bucket_answer(
        &self,
        report: &mut EndpointReport,
        error: Option<&DeliveryError>,
        rest: &[Check],
    ) -> bool {
        match error {
            None => report.good(Check::Bucket, &self.endpoint.bucket),
            Some(DeliveryError::AccessDenied { .. }) => report.add(
                Check::Bucket,
                Verdict::Lacking,
                format!(
                    "{} can't be looked at with these credentials",
                    self.endpoint.bucket
                ),
                "Allow s3:ListBucket, so that a missing bucket is told from a missing permission.",
            ),
            Some(error) => {
                report.bad(Check::Bucket, error);
                report.untried(rest);
                return false;
            }
        }
        true
    }

    async fn probe_write(&self, report: &mut EndpointReport, key: &str) -> bool {
        let md5 = Md5Sum::of(Md5::new_with_prefix(CONTENT));
        let put = self.probe_put(key).content_md5(md5.to_base64());
        let etag = match Box::pin(put.send()).await {
            Ok(put) => put.e_tag.unwrap_or_default(),
            Err(error) => {
                report.bad(Check::Write, &self.endpoint.classify("PutObject", error));
                return false;
            }
        };
        match self.head_full(key).await {
            Ok(Some(head)) if head.size == CONTENT.len() as u64 => {}
            Ok(found) => {
                let expected = format!("{} bytes", CONTENT.len());
                let found = found.map_or("nothing".into(), |head| format!("{} bytes", head.size));
                report.bad(
                    Check::Write,
                    &DeliveryError::Mismatch {
                        key: key.into(),
                        expected,
                        found,
                    },
                );
                return false;
            }
            Err(error) => {
                report.bad(Check::Write, &error);
                return false;
            }
        }
        if md5.is_etag(&etag) {
            report.good(Check::Write, format!("wrote and read back {key}"));
        } else {
            report.add(
                Check::Write,
                Verdict::Lacking,
                format!("ETag {} is not the MD5 of the content", bare_etag(&etag)),
                "An interrupted large upload starts again from its beginning on this store.",
            );
        }
        true
    }

    async fn probe_multipart(&self, report: &mut EndpointReport, key: &str) {
        let control = &self.clients.control;
        let bucket = &self.endpoint.bucket;
        let created = Box::pin(
            control
                .create_multipart_upload()
                .bucket(bucket)
                .key(key)
                .send(),
        )
        .await;
        let upload_id =
            match created.map_err(|e| self.endpoint.classify("CreateMultipartUpload", e)) {
                Ok(created) => created.upload_id.unwrap_or_default(),
                Err(error) => return report.bad(Check::Multipart, &error),
            };
        let parts = Box::pin(
            control
                .list_parts()
                .bucket(bucket)
                .key(key)
                .upload_id(&upload_id)
                .send(),
        )
        .await;
        let parts = parts
            .map_err(|e| self.endpoint.classify("ListParts", e))
            .err();
        let uploads = Box::pin(
            control
                .list_multipart_uploads()
                .bucket(bucket)
                .prefix(key)
                .send(),
        )
        .await;
        let uploads = uploads
            .map_err(|e| self.endpoint.classify("ListMultipartUploads", e))
            .err();
        let aborted = self.abort(key, &upload_id).await.err();
        match (parts, uploads, aborted) {
            (None, None, None) => report.good(Check::Multipart, "begun, listed and aborted"),
            (Some(error), _, _) => report.add(
                Check::Multipart,
                Verdict::Lacking,
                error.to_string(),
                "Allow s3:ListMultipartUploadParts; until then an interrupted upload starts again from its beginning.",
            ),
            (_, Some(error), _) => report.add(
                Check::Multipart,
                Verdict::Lacking,
                error.to_string(),
                "Allow s3:ListBucketMultipartUploads; until then parts of a crashed upload may stay behind.",
            ),
            (_, _, Some(error)) => report.add(
                Check::Multipart,
                Verdict::Lacking,
                error.to_string(),
                "Allow s3:AbortMultipartUpload; until then the parts of aborted uploads stay behind.",
            ),
        }
    }

    /// The object is there already, so a conditional write must fail.
    async fn probe_conditional_write(&self, report: &mut EndpointReport, key: &str) {
        match Box::pin(self.probe_put(key).if_none_match("*").send()).await {
            Err(error) if status_of(&error) == Some(412) => {
                report.good(Check::ConditionalWrite, "kept to")
            }
            Ok(_) => report.add(Check::ConditionalWrite, Verdict::Lacking, "ignored", ""),
            Err(error) => report.add(
                Check::ConditionalWrite,
                Verdict::Lacking,
                refused("refused", &error),
                "",
            ),
        }
    }

    async fn probe_checksum(&self, report: &mut EndpointReport, key: &str) {
        let right = base64::encode(Sha256::digest(CONTENT));
        let wrong = base64::encode(Sha256::digest(b"something else"));
        if let Err(error) = Box::pin(self.probe_put(key).checksum_sha256(right).send()).await {
            return report.add(
                Check::Checksum,
                Verdict::Lacking,
                refused("refused", &error),
                "",
            );
        }
        match Box::pin(self.probe_put(key).checksum_sha256(wrong).send()).await {
            Err(error) if status_of(&error) == Some(400) => {
                report.good(Check::Checksum, "verified")
            }
            Ok(_) => report.add(
                Check::Checksum,
                Verdict::Lacking,
                "taken, but not verified",
                "",
            ),
            Err(error) => report.add(
                Check::Checksum,
                Verdict::Lacking,
                refused("unclear", &error),
                "",
            ),
        }
    }

    /// Deletes the probe's object, and says so where that fails.
    async fn probe_clean_up(&self, report: &mut EndpointReport, key: &str) {
        let request = self
            .clients
            .control
            .delete_object()
            .bucket(&self.endpoint.bucket)
            .key(key);
        let Err(error) = Box::pin(request.send()).await else {
            return;
        };
        let error = self.endpoint.classify("DeleteObject", error);
        let Some(line) = report
            .lines
            .iter_mut()
            .find(|line| line.check == Check::Write)
        else {
            return;
        };
        if line.verdict == Verdict::Good {
            line.verdict = Verdict::Lacking;
            line.detail = format!("wrote {key}, but could not delete it: {error}");
            line.hint = "Allow s3:DeleteObject under the prefix, and delete that object.".into();
        }
    }

    fn probe_put(
        &self,
        key: &str,
    ) -> aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder {
        self.clients
            .once
            .put_object()
            .bucket(&self.endpoint.bucket)
            .key(key)
            .content_type("text/plain")
            .body(ByteStream::from_static(CONTENT))
    }
}

type SdkError<E> = aws_sdk_s3::error::SdkError<E>;

fn status_of<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

fn refused<E: ProvideErrorMetadata>(word: &str, error: &SdkError<E>) -> String {
    let status = status_of(error).map_or("no answer".to_owned(), |status| status.to_string());
    format!("{word}: {status} {}", error.code().unwrap_or_default())
        .trim_end()
        .to_owned()
}
