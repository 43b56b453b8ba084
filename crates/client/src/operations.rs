//! Every operation of the OpenAPI document. `cargo xtask clients` makes this file; do not edit it.

use crate::client::{Call, Client};
use crate::error::Error;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

impl Client {
    /// Tells where all this is: `GET /.well-known/authzen-configuration`.
    pub fn get_well_known_authzen_configuration(&self) -> Result<WellKnownAuthzenConfiguration, Error> {
        self.bare(&Call::new("GET", "/.well-known/authzen-configuration").open())
    }

    /// Tells whether a subject may perform an action on a resource: `POST /access/v1/evaluation`.
    pub fn post_evaluation(&self, body: &PostEvaluation) -> Result<Evaluation, Error> {
        self.bare(&Call::new("POST", "/access/v1/evaluation").json(body)?)
    }

    /// Tells so of several at once: `POST /access/v1/evaluations`.
    pub fn post_evaluations(&self, body: &PostEvaluations) -> Result<Evaluations, Error> {
        self.bare(&Call::new("POST", "/access/v1/evaluations").json(body)?)
    }

    /// Finds what a user may do with a resource: `POST /access/v1/search/action`.
    pub fn post_search_action(&self, body: &PostSearchAction) -> Result<SearchAction, Error> {
        self.bare(&Call::new("POST", "/access/v1/search/action").json(body)?)
    }

    /// Finds the resources on which a user may: `POST /access/v1/search/resource`.
    pub fn post_search_resource(&self, body: &PostSearchResource) -> Result<SearchResource, Error> {
        self.bare(&Call::new("POST", "/access/v1/search/resource").json(body)?)
    }

    /// Finds the users who may: `POST /access/v1/search/subject`.
    pub fn post_search_subject(&self, body: &PostSearchSubject) -> Result<SearchResource, Error> {
        self.bare(&Call::new("POST", "/access/v1/search/subject").json(body)?)
    }

    /// Who signed in, and what they may use: `GET /api/admin/info`.
    ///
    /// It takes `%Admin_*:U`.
    pub fn get_info(&self) -> Result<Info, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/info"))
    }

    /// Signs in and begins a session of tokens: `POST /api/admin/login`.
    pub fn post_login(&self, body: &PostLogin) -> Result<Login, Error> {
        self.bare(&Call::new("POST", "/api/admin/login").json(body)?.open())
    }

    /// Ends the session of the access token that came along: `POST /api/admin/logout`.
    pub fn post_logout(&self) -> Result<(), Error> {
        self.nothing(&Call::new("POST", "/api/admin/logout"))
    }

    /// Exchanges a refresh token for the next pair: `POST /api/admin/refresh`.
    pub fn post_refresh(&self, body: &PostRefresh) -> Result<Login, Error> {
        self.bare(&Call::new("POST", "/api/admin/refresh").json(body)?.open())
    }

    /// Ends the session of the access token and all others of the user in the group of the application: `POST /api/admin/revoke`.
    pub fn post_revoke(&self) -> Result<(), Error> {
        self.nothing(&Call::new("POST", "/api/admin/revoke"))
    }

    /// Reads a task and its result: `GET /api/admin/v2/async-result`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn get_async_result(&self, id: &str) -> Result<AsyncResult, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/async-result").with("id", id))
    }

    /// Cancels a task: `POST /api/admin/v2/async-result/cancel`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn post_async_result_cancel(&self, id: &str) -> Result<AsyncResult, Error> {
        self.enveloped(&Call::new("POST", "/api/admin/v2/async-result/cancel").with("id", id))
    }

    /// Pauses a task: `POST /api/admin/v2/async-result/pause`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn post_async_result_pause(&self, id: &str) -> Result<AsyncResult, Error> {
        self.enveloped(&Call::new("POST", "/api/admin/v2/async-result/pause").with("id", id))
    }

    /// Resumes a task that is paused: `POST /api/admin/v2/async-result/resume`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn post_async_result_resume(&self, id: &str) -> Result<AsyncResult, Error> {
        self.enveloped(&Call::new("POST", "/api/admin/v2/async-result/resume").with("id", id))
    }

    /// Lists one's own tasks: `GET /api/admin/v2/async-results`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn get_async_results(&self, query: &GetAsyncResultsQuery) -> Result<Vec<AsyncResultRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/async-results").maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Lists directories of databases: there are none: `GET /api/admin/v2/database-dirs`.
    ///
    /// It takes `%Admin_Manage:U` or `%Admin_Operate:U`.
    pub fn get_database_dirs(&self, query: &GetDatabaseDirsQuery) -> Result<Vec<Value>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/database-dirs").maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Lists databases: `GET /api/admin/v2/databases`.
    ///
    /// It takes `%Admin_Manage:U` or `%Admin_Operate:U`.
    pub fn get_databases(&self, query: &GetDatabasesQuery) -> Result<Vec<DatabaseRow>, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/databases").maybe("maxRows", query.max_rows.as_ref()))
    }

    /// Lists files of a journal of databases: there are none: `GET /api/admin/v2/journal/files`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn get_journal_files(&self, query: &GetJournalFilesQuery) -> Result<Vec<Value>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/journal/files").maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Lists locks: there are none: `GET /api/admin/v2/locks`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn get_locks(&self, query: &GetLocksQuery) -> Result<Vec<Value>, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/locks").maybe("maxRows", query.max_rows.as_ref()))
    }

    /// Tells how long the server has been up: `GET /api/admin/v2/monitor/dashboard/main`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn get_monitor_dashboard_main(&self) -> Result<MonitorDashboardMain, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/monitor/dashboard/main"))
    }

    /// Reads a namespace: `GET /api/admin/v2/namespace`.
    ///
    /// It takes `%Admin_Manage:U`.
    pub fn get_namespace(&self, name: &str) -> Result<Namespace, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/namespace").with("name", name))
    }

    /// Lists namespaces: `GET /api/admin/v2/namespaces`.
    ///
    /// It takes `%Admin_Manage:U`.
    pub fn get_namespaces(&self, query: &GetNamespacesQuery) -> Result<Vec<NamespaceRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/namespaces").maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Lists processes: there are none: `GET /api/admin/v2/processes`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn get_processes(&self, query: &GetProcessesQuery) -> Result<Vec<Value>, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/processes").maybe("maxRows", query.max_rows.as_ref()))
    }

    /// Tells whether auditing is on: `GET /api/admin/v2/security/audit/enabled`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_audit_enabled(&self) -> Result<AuditEnabled, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/audit/enabled"))
    }

    /// Turns auditing on or off: `PUT /api/admin/v2/security/audit/enabled`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_audit_enabled(&self, body: &AuditEnabled) -> Result<AuditEnabled, Error> {
        self.enveloped(&Call::new("PUT", "/api/admin/v2/security/audit/enabled").json(body)?)
    }

    /// Reads an event: `GET /api/admin/v2/security/audit/event`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_audit_event(&self, query: &GetAuditEventQuery) -> Result<AuditEvent, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/audit/event")
                .with("source", &query.source)
                .with("type", &query.r#type)
                .with("name", &query.name),
        )
    }

    /// Makes or changes an event: `PUT /api/admin/v2/security/audit/event`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_audit_event(
        &self,
        query: &PutAuditEventQuery,
        body: &PutAuditEvent,
    ) -> Result<AuditEvent, Error> {
        self.enveloped(
            &Call::new("PUT", "/api/admin/v2/security/audit/event")
                .with("source", &query.source)
                .with("type", &query.r#type)
                .with("name", &query.name)
                .json(body)?,
        )
    }

    /// Deletes an event that a user made: `DELETE /api/admin/v2/security/audit/event`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_audit_event(&self, query: &DeleteAuditEventQuery) -> Result<(), Error> {
        self.nothing(
            &Call::new("DELETE", "/api/admin/v2/security/audit/event")
                .with("source", &query.source)
                .with("type", &query.r#type)
                .with("name", &query.name),
        )
    }

    /// Counts an event from zero again: `POST /api/admin/v2/security/audit/event/clear-count`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_audit_event_clear_count(&self, query: &PostAuditEventClearCountQuery) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/audit/event/clear-count")
                .with("source", &query.source)
                .with("type", &query.r#type)
                .with("name", &query.name),
        )
    }

    /// Lists events and how often they happened: `GET /api/admin/v2/security/audit/events`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_audit_events(&self, query: &GetAuditEventsQuery) -> Result<Vec<AuditEventRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/audit/events")
                .maybe("names", query.names.as_ref())
                .maybe("eventOwner", query.event_owner.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads a record by what tells it from all others: `GET /api/admin/v2/security/audit/record`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_audit_record(&self, query: &GetAuditRecordQuery) -> Result<AuditRecord, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/audit/record")
                .with("utcTimeStamp", &query.utc_time_stamp)
                .with("systemID", &query.system_id)
                .with("auditIndex", &query.audit_index),
        )
    }

    /// Takes away the records of a time; the result is that of a task: `POST /api/admin/v2/security/audit/record/purge`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_audit_record_purge(&self, body: &PostAuditRecordPurge) -> Result<String, Error> {
        self.task(&Call::new("POST", "/api/admin/v2/security/audit/record/purge").json(body)?)
    }

    /// Queues a query of records; its rows are the result of the task: `POST /api/admin/v2/security/audit/records`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_audit_records(&self, query: &PostAuditRecordsQuery) -> Result<String, Error> {
        self.task(
            &Call::new("POST", "/api/admin/v2/security/audit/records")
                .maybe("beginDateTime", query.begin_date_time.as_ref())
                .maybe("endDateTime", query.end_date_time.as_ref())
                .maybe("eventSources", query.event_sources.as_ref())
                .maybe("eventTypes", query.event_types.as_ref())
                .maybe("events", query.events.as_ref())
                .maybe("usernames", query.usernames.as_ref())
                .maybe("systemIDs", query.system_i_ds.as_ref())
                .maybe("pids", query.pids.as_ref())
                .maybe("namespaces", query.namespaces.as_ref())
                .maybe("authentication", query.authentication.as_ref())
                .maybe("ascending", query.ascending.as_ref())
                .maybe("jsonSearch", query.json_search.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads an LDAP configuration: `GET /api/admin/v2/security/ldap/configuration`.
    ///
    /// It takes `%Admin_Operate:U` or `%Admin_Secure:U`.
    pub fn get_ldap_configuration(&self, name: &str) -> Result<LdapConfiguration, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/ldap/configuration").with("name", name))
    }

    /// Makes or changes an LDAP configuration; what is not named stays as it is: `PUT /api/admin/v2/security/ldap/configuration`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_ldap_configuration(
        &self,
        name: &str,
        body: &PutLdapConfiguration,
    ) -> Result<LdapConfiguration, Error> {
        self.enveloped(
            &Call::new("PUT", "/api/admin/v2/security/ldap/configuration").with("name", name).json(body)?,
        )
    }

    /// Deletes an LDAP configuration, and the users of its domain: `DELETE /api/admin/v2/security/ldap/configuration`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_ldap_configuration(&self, name: &str) -> Result<(), Error> {
        self.nothing(&Call::new("DELETE", "/api/admin/v2/security/ldap/configuration").with("name", name))
    }

    /// Sets the password of the user who searches: `POST /api/admin/v2/security/ldap/configuration/search-password`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_ldap_configuration_search_password(
        &self,
        name: &str,
        body: &PostLdapConfigurationSearchPassword,
    ) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/ldap/configuration/search-password")
                .with("name", name)
                .json(body)?,
        )
    }

    /// Lists LDAP configurations: `GET /api/admin/v2/security/ldap/configurations`.
    ///
    /// It takes `%Admin_Operate:U` or `%Admin_Secure:U`.
    pub fn get_ldap_configurations(
        &self,
        query: &GetLdapConfigurationsQuery,
    ) -> Result<Vec<LdapConfigurationRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/ldap/configurations")
                .maybe("names", query.names.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Asks a directory about somebody; nobody is signed in: `POST /api/admin/v2/security/ldap/test`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_ldap_test(&self, body: &PostLdapTest) -> Result<String, Error> {
        self.task(&Call::new("POST", "/api/admin/v2/security/ldap/test").json(body)?)
    }

    /// Reads a privileged routine: `GET /api/admin/v2/security/privileged-routine`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_privileged_routine(&self, name: &str) -> Result<PrivilegedRoutine, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/privileged-routine").with("name", name))
    }

    /// Makes or changes a privileged routine; what is not named stays as it is: `PUT /api/admin/v2/security/privileged-routine`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_privileged_routine(
        &self,
        name: &str,
        body: &PutPrivilegedRoutine,
    ) -> Result<PrivilegedRoutine, Error> {
        self.enveloped(
            &Call::new("PUT", "/api/admin/v2/security/privileged-routine").with("name", name).json(body)?,
        )
    }

    /// Deletes a privileged routine: `DELETE /api/admin/v2/security/privileged-routine`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_privileged_routine(&self, name: &str) -> Result<(), Error> {
        self.nothing(&Call::new("DELETE", "/api/admin/v2/security/privileged-routine").with("name", name))
    }

    /// Lists privileged routines: `GET /api/admin/v2/security/privileged-routines`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_privileged_routines(
        &self,
        query: &GetPrivilegedRoutinesQuery,
    ) -> Result<Vec<PrivilegedRoutineRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/privileged-routines")
                .maybe("filter", query.filter.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads a resource: `GET /api/admin/v2/security/resource`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_resource(&self, name: &str) -> Result<Resource, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/resource").with("name", name))
    }

    /// Makes or changes a resource; what is not named stays as it is: `PUT /api/admin/v2/security/resource`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_resource(&self, name: &str, body: &PutResource) -> Result<Resource, Error> {
        self.enveloped(&Call::new("PUT", "/api/admin/v2/security/resource").with("name", name).json(body)?)
    }

    /// Deletes a resource: `DELETE /api/admin/v2/security/resource`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_resource(&self, name: &str) -> Result<(), Error> {
        self.nothing(&Call::new("DELETE", "/api/admin/v2/security/resource").with("name", name))
    }

    /// Lists resources: `GET /api/admin/v2/security/resources`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_resources(&self, query: &GetResourcesQuery) -> Result<Vec<ResourceRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/resources")
                .maybe("names", query.names.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads a role: `GET /api/admin/v2/security/role`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_role(&self, name: &str) -> Result<Role, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/role").with("name", name))
    }

    /// Makes or changes a role; what is not named stays as it is: `PUT /api/admin/v2/security/role`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_role(&self, name: &str, body: &PutRole) -> Result<Role, Error> {
        self.enveloped(&Call::new("PUT", "/api/admin/v2/security/role").with("name", name).json(body)?)
    }

    /// Deletes a role: `DELETE /api/admin/v2/security/role`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_role(&self, name: &str) -> Result<(), Error> {
        self.nothing(&Call::new("DELETE", "/api/admin/v2/security/role").with("name", name))
    }

    /// Lists who holds a role directly: `GET /api/admin/v2/security/role/owners`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_role_owners(&self, query: &GetRoleOwnersQuery) -> Result<Vec<RoleOwnerRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/role/owners")
                .with("name", &query.name)
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Lists roles: `GET /api/admin/v2/security/roles`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_roles(&self, query: &GetRolesQuery) -> Result<Vec<RoleRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/roles")
                .maybe("filter", query.filter.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads a service: `GET /api/admin/v2/security/service`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_service(&self, name: &str) -> Result<Service, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/service").with("name", name))
    }

    /// Changes a service; what is not named stays as it is: `PUT /api/admin/v2/security/service`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_service(&self, name: &str, body: &PutService) -> Result<Service, Error> {
        self.enveloped(&Call::new("PUT", "/api/admin/v2/security/service").with("name", name).json(body)?)
    }

    /// Lists services: `GET /api/admin/v2/security/services`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_services(&self, query: &GetServicesQuery) -> Result<Vec<ServiceRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/services").maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Tells whether a grantee holds an administrative privilege: 200 or 404: `HEAD /api/admin/v2/security/sql-admin-privilege`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn head_sql_admin_privilege(&self, query: &HeadSqlAdminPrivilegeQuery) -> Result<bool, Error> {
        self.whether(
            &Call::new("HEAD", "/api/admin/v2/security/sql-admin-privilege")
                .with("privilege", &query.privilege)
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace)
                .maybe("withGrant", query.with_grant.as_ref()),
        )
    }

    /// Grants an administrative privilege: `POST /api/admin/v2/security/sql-admin-privilege/grant`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_sql_admin_privilege_grant(
        &self,
        query: &PostSqlAdminPrivilegeGrantQuery,
    ) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/sql-admin-privilege/grant")
                .with("privilege", &query.privilege)
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace)
                .maybe("withGrant", query.with_grant.as_ref()),
        )
    }

    /// Revokes an administrative privilege: `POST /api/admin/v2/security/sql-admin-privilege/revoke`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_sql_admin_privilege_revoke(
        &self,
        query: &PostSqlAdminPrivilegeRevokeQuery,
    ) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/sql-admin-privilege/revoke")
                .with("privilege", &query.privilege)
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace),
        )
    }

    /// Lists the administrative privileges that a grantee holds: `GET /api/admin/v2/security/sql-admin-privileges`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_sql_admin_privileges(
        &self,
        query: &GetSqlAdminPrivilegesQuery,
    ) -> Result<Vec<SqlAdminPrivilegeRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/sql-admin-privileges")
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace)
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Tells whether a grantee holds a privilege on a column: 200 or 404: `HEAD /api/admin/v2/security/sql-column-privilege`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn head_sql_column_privilege(&self, query: &HeadSqlColumnPrivilegeQuery) -> Result<bool, Error> {
        self.whether(
            &Call::new("HEAD", "/api/admin/v2/security/sql-column-privilege")
                .with("action", &query.action)
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace)
                .with("object", &query.object)
                .with("column", &query.column)
                .with("type", &query.r#type)
                .maybe("withGrant", query.with_grant.as_ref()),
        )
    }

    /// Grants a privilege on a column: `POST /api/admin/v2/security/sql-column-privilege/grant`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_sql_column_privilege_grant(
        &self,
        query: &PostSqlColumnPrivilegeGrantQuery,
    ) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/sql-column-privilege/grant")
                .with("action", &query.action)
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace)
                .with("object", &query.object)
                .with("column", &query.column)
                .with("type", &query.r#type)
                .maybe("withGrant", query.with_grant.as_ref()),
        )
    }

    /// Revokes a privilege on a column: `POST /api/admin/v2/security/sql-column-privilege/revoke`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_sql_column_privilege_revoke(
        &self,
        query: &PostSqlColumnPrivilegeRevokeQuery,
    ) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/sql-column-privilege/revoke")
                .with("action", &query.action)
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace)
                .with("object", &query.object)
                .with("column", &query.column)
                .with("type", &query.r#type)
                .maybe("withGrant", query.with_grant.as_ref())
                .maybe("asGrantor", query.as_grantor.as_ref()),
        )
    }

    /// Lists what a grantee holds on the columns of an object: `GET /api/admin/v2/security/sql-column-privileges`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_sql_column_privileges(
        &self,
        query: &GetSqlColumnPrivilegesQuery,
    ) -> Result<Vec<SqlColumnPrivilegeRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/sql-column-privileges")
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace)
                .with("object", &query.object)
                .maybe("includeSystem", query.include_system.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Tells whether a grantee holds a privilege on an object: 200 or 404: `HEAD /api/admin/v2/security/sql-privilege`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn head_sql_privilege(&self, query: &HeadSqlPrivilegeQuery) -> Result<bool, Error> {
        self.whether(
            &Call::new("HEAD", "/api/admin/v2/security/sql-privilege")
                .with("namespace", &query.namespace)
                .with("grantee", &query.grantee)
                .with("type", &query.r#type)
                .with("object", &query.object)
                .with("action", &query.action)
                .maybe("withGrant", query.with_grant.as_ref()),
        )
    }

    /// Grants a privilege on an object: `POST /api/admin/v2/security/sql-privilege/grant`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_sql_privilege_grant(&self, query: &PostSqlPrivilegeGrantQuery) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/sql-privilege/grant")
                .with("namespace", &query.namespace)
                .with("grantee", &query.grantee)
                .with("type", &query.r#type)
                .with("object", &query.object)
                .with("action", &query.action)
                .maybe("withGrant", query.with_grant.as_ref()),
        )
    }

    /// Revokes a privilege on an object: `POST /api/admin/v2/security/sql-privilege/revoke`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_sql_privilege_revoke(&self, query: &PostSqlPrivilegeRevokeQuery) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/sql-privilege/revoke")
                .with("namespace", &query.namespace)
                .with("grantee", &query.grantee)
                .with("type", &query.r#type)
                .with("object", &query.object)
                .with("action", &query.action)
                .maybe("withGrant", query.with_grant.as_ref())
                .maybe("cascade", query.cascade.as_ref())
                .maybe("asGrantor", query.as_grantor.as_ref()),
        )
    }

    /// Lists what a grantee holds on objects: `GET /api/admin/v2/security/sql-privileges`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_sql_privileges(&self, query: &GetSqlPrivilegesQuery) -> Result<Vec<SqlPrivilegeRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/sql-privileges")
                .with("grantee", &query.grantee)
                .with("namespace", &query.namespace)
                .maybe("includeSystem", query.include_system.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads a TLS configuration: `GET /api/admin/v2/security/ssl-configuration`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_ssl_configuration(&self, name: &str) -> Result<SslConfiguration, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/ssl-configuration").with("name", name))
    }

    /// Makes or changes a TLS configuration; what is not named stays as it is: `PUT /api/admin/v2/security/ssl-configuration`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_ssl_configuration(
        &self,
        name: &str,
        body: &PutSslConfiguration,
    ) -> Result<SslConfiguration, Error> {
        self.enveloped(
            &Call::new("PUT", "/api/admin/v2/security/ssl-configuration").with("name", name).json(body)?,
        )
    }

    /// Deletes a TLS configuration: `DELETE /api/admin/v2/security/ssl-configuration`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_ssl_configuration(&self, name: &str) -> Result<(), Error> {
        self.nothing(&Call::new("DELETE", "/api/admin/v2/security/ssl-configuration").with("name", name))
    }

    /// Lists TLS configurations: `GET /api/admin/v2/security/ssl-configurations`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_ssl_configurations(
        &self,
        query: &GetSslConfigurationsQuery,
    ) -> Result<Vec<SslConfigurationRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/ssl-configurations")
                .maybe("filter", query.filter.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads a superserver: `GET /api/admin/v2/security/superserver`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_superserver(&self, query: &GetSuperserverQuery) -> Result<Superserver, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/superserver")
                .with("port", &query.port)
                .maybe("bindAddress", query.bind_address.as_ref()),
        )
    }

    /// Makes or changes a superserver; what is not named stays as it is: `PUT /api/admin/v2/security/superserver`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_superserver(
        &self,
        query: &PutSuperserverQuery,
        body: &PutSuperserver,
    ) -> Result<Superserver, Error> {
        self.enveloped(
            &Call::new("PUT", "/api/admin/v2/security/superserver")
                .with("port", &query.port)
                .maybe("bindAddress", query.bind_address.as_ref())
                .json(body)?,
        )
    }

    /// Deletes a superserver: `DELETE /api/admin/v2/security/superserver`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_superserver(&self, query: &DeleteSuperserverQuery) -> Result<(), Error> {
        self.nothing(
            &Call::new("DELETE", "/api/admin/v2/security/superserver")
                .with("port", &query.port)
                .maybe("bindAddress", query.bind_address.as_ref()),
        )
    }

    /// Lists superservers: `GET /api/admin/v2/security/superservers`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_superservers(&self, query: &GetSuperserversQuery) -> Result<Vec<SuperserverRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/superservers")
                .maybe("filter", query.filter.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads a user: `GET /api/admin/v2/security/user`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_user(&self, name: &str) -> Result<User, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/user").with("name", name))
    }

    /// Changes a user; what is not named stays as it is: `PUT /api/admin/v2/security/user`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_user(&self, name: &str, body: &PutUser) -> Result<User, Error> {
        self.enveloped(&Call::new("PUT", "/api/admin/v2/security/user").with("name", name).json(body)?)
    }

    /// Makes a user: `POST /api/admin/v2/security/user`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_user(&self, name: &str, body: &PostUser) -> Result<User, Error> {
        self.enveloped(&Call::new("POST", "/api/admin/v2/security/user").with("name", name).json(body)?)
    }

    /// Deletes a user: `DELETE /api/admin/v2/security/user`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_user(&self, name: &str) -> Result<(), Error> {
        self.nothing(&Call::new("DELETE", "/api/admin/v2/security/user").with("name", name))
    }

    /// Sets the password of a user: `POST /api/admin/v2/security/user/password`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_user_password(&self, name: &str, body: &PostUserPassword) -> Result<(), Error> {
        self.nothing(
            &Call::new("POST", "/api/admin/v2/security/user/password").with("name", name).json(body)?,
        )
    }

    /// Lists users: `GET /api/admin/v2/security/users`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_users(&self, query: &GetUsersQuery) -> Result<Vec<UserRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/security/users")
                .maybe("names", query.names.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads how people come in: `GET /api/admin/v2/security/web-auth`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_web_auth(&self) -> Result<WebAuth, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/security/web-auth"))
    }

    /// Changes how people come in; what is not named stays as it is: `PUT /api/admin/v2/security/web-auth`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_web_auth(&self, body: &PutWebAuth) -> Result<WebAuth, Error> {
        self.enveloped(&Call::new("PUT", "/api/admin/v2/security/web-auth").json(body)?)
    }

    /// Sets the password of the user who sends mail: `POST /api/admin/v2/security/web-auth/smtp-password`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn post_web_auth_smtp_password(&self, body: &PostWebAuthSmtpPassword) -> Result<(), Error> {
        self.nothing(&Call::new("POST", "/api/admin/v2/security/web-auth/smtp-password").json(body)?)
    }

    /// Lists scheduled tasks: there are none: `GET /api/admin/v2/tasks`.
    ///
    /// It takes `%Admin_Operate:U` or `%Admin_Task:U`.
    pub fn get_tasks(&self, query: &GetTasksQuery) -> Result<Vec<Value>, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/tasks").maybe("maxRows", query.max_rows.as_ref()))
    }

    /// Lists collections of secrets: there are none: `GET /api/admin/v2/wallet/collections`.
    ///
    /// It takes `%Admin_Wallet:U`.
    pub fn get_wallet_collections(&self, query: &GetWalletCollectionsQuery) -> Result<Vec<Value>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/wallet/collections").maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Reads a web application: `GET /api/admin/v2/web-app`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_web_app(&self, name: &str) -> Result<WebApp, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v2/web-app").with("name", name))
    }

    /// Makes or changes a web application; what is not named stays as it is: `PUT /api/admin/v2/web-app`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn put_web_app(&self, name: &str, body: &PutWebApp) -> Result<WebApp, Error> {
        self.enveloped(&Call::new("PUT", "/api/admin/v2/web-app").with("name", name).json(body)?)
    }

    /// Deletes a web application: `DELETE /api/admin/v2/web-app`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn delete_web_app(&self, name: &str) -> Result<(), Error> {
        self.nothing(&Call::new("DELETE", "/api/admin/v2/web-app").with("name", name))
    }

    /// Lists web applications: `GET /api/admin/v2/web-apps`.
    ///
    /// It takes `%Admin_Secure:U`.
    pub fn get_web_apps(&self, query: &GetWebAppsQuery) -> Result<Vec<PrivilegedRoutineRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/web-apps")
                .maybe("filter", query.filter.as_ref())
                .maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// Ends one of them: `DELETE /api/admin/v2/web-session`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn delete_web_session(&self, id: &str) -> Result<(), Error> {
        self.nothing(&Call::new("DELETE", "/api/admin/v2/web-session").with("id", id))
    }

    /// Lists the sessions that tokens carry: `GET /api/admin/v2/web-sessions`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn get_web_sessions(&self, query: &GetWebSessionsQuery) -> Result<Vec<WebSessionRow>, Error> {
        self.enveloped(
            &Call::new("GET", "/api/admin/v2/web-sessions").maybe("maxRows", query.max_rows.as_ref()),
        )
    }

    /// This document: `GET /api/openapi.json`.
    pub fn get_openapi_json(&self) -> Result<Value, Error> {
        self.bare(&Call::new("GET", "/api/openapi.json").open())
    }

    /// Tells what is held on a resource, or whether some permissions are: `POST /api/sclera/v1/check`.
    pub fn post_check(&self, body: &PostCheck) -> Result<Check, Error> {
        self.bare(&Call::new("POST", "/api/sclera/v1/check").json(body)?)
    }

    /// Tells why a privilege is held, or what would give it: `POST /api/sclera/v1/explain`.
    pub fn post_explain(&self, body: &PostExplain) -> Result<Value, Error> {
        self.bare(&Call::new("POST", "/api/sclera/v1/explain").json(body)?)
    }

    /// Tells who signed in: `GET /api/sclera/v1/session`.
    pub fn get_session(&self) -> Result<Session, Error> {
        self.bare(&Call::new("GET", "/api/sclera/v1/session"))
    }

    /// Tells who signed in: `POST /api/sclera/v1/session`.
    pub fn post_session(&self) -> Result<Session, Error> {
        self.bare(&Call::new("POST", "/api/sclera/v1/session"))
    }

    /// Tells how an admission would go, or who would gain and lose what by changes; leaves no trace: `POST /api/sclera/v1/simulate`.
    pub fn post_simulate(&self, body: &PostSimulate) -> Result<Simulate, Error> {
        self.bare(&Call::new("POST", "/api/sclera/v1/simulate").json(body)?)
    }

    /// Tells that the server is there: `GET /livez`.
    pub fn get_livez(&self) -> Result<String, Error> {
        self.text(&Call::new("GET", "/livez").open())
    }

    /// Tells whether the store can be read: `GET /readyz`.
    pub fn get_readyz(&self) -> Result<String, Error> {
        self.text(&Call::new("GET", "/readyz").open())
    }

    /// Reads a task and its result: `GET /api/admin/v1/async-result`.
    ///
    /// It takes `%Admin_Operate:U`.
    pub fn get_v1_async_result(&self, id: &str) -> Result<AsyncResult, Error> {
        self.enveloped(&Call::new("GET", "/api/admin/v1/async-result").with("id", id))
    }
}

/// The parameters of [`Client::get_async_results`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAsyncResultsQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_database_dirs`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDatabaseDirsQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_databases`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDatabasesQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_journal_files`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetJournalFilesQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_locks`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLocksQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_namespaces`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetNamespacesQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_processes`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetProcessesQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_audit_event`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAuditEventQuery {
    /// The source of the event.
    pub source: String,
    /// The type of the event.
    pub r#type: String,
    /// The name of the event.
    pub name: String,
}

/// The parameters of [`Client::put_audit_event`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutAuditEventQuery {
    /// The source of the event.
    pub source: String,
    /// The type of the event.
    pub r#type: String,
    /// The name of the event.
    pub name: String,
}

/// The parameters of [`Client::delete_audit_event`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteAuditEventQuery {
    /// The source of the event.
    pub source: String,
    /// The type of the event.
    pub r#type: String,
    /// The name of the event.
    pub name: String,
}

/// The parameters of [`Client::post_audit_event_clear_count`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostAuditEventClearCountQuery {
    /// The source of the event.
    pub source: String,
    /// The type of the event.
    pub r#type: String,
    /// The name of the event.
    pub name: String,
}

/// The parameters of [`Client::get_audit_events`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAuditEventsQuery {
    /// A comma list of names, each exact or with `*` at its end.
    pub names: Option<String>,
    /// 0: events that users made, 1: those of the system.
    pub event_owner: Option<i64>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_audit_record`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetAuditRecordQuery {
    /// Its time, YYYY-MM-DD hh:mm:ss.fff.
    pub utc_time_stamp: String,
    /// Its system.
    pub system_id: String,
    /// Its index.
    pub audit_index: i64,
}

/// The parameters of [`Client::post_audit_records`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostAuditRecordsQuery {
    /// The first time, YYYY-MM-DD hh:mm:ss; empty for open.
    pub begin_date_time: Option<String>,
    /// The last time, YYYY-MM-DD hh:mm:ss; empty for open.
    pub end_date_time: Option<String>,
    /// A comma list.
    pub event_sources: Option<String>,
    /// A comma list.
    pub event_types: Option<String>,
    /// A comma list.
    pub events: Option<String>,
    /// A comma list.
    pub usernames: Option<String>,
    /// A comma list.
    pub system_i_ds: Option<String>,
    /// A comma list.
    pub pids: Option<String>,
    /// A comma list.
    pub namespaces: Option<String>,
    /// A comma list of bits of mechanisms.
    pub authentication: Option<String>,
    /// 1: the oldest first.
    pub ascending: Option<i64>,
    /// A text in the data of the event.
    pub json_search: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_ldap_configurations`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetLdapConfigurationsQuery {
    /// A comma list of names, each exact or with `*` at its end.
    pub names: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_privileged_routines`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetPrivilegedRoutinesQuery {
    /// A text that the rows contain.
    pub filter: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_resources`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetResourcesQuery {
    /// A comma list of names, each exact or with `*` at its end.
    pub names: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_role_owners`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRoleOwnersQuery {
    /// The name of the object.
    pub name: String,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_roles`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetRolesQuery {
    /// A text that the rows contain.
    pub filter: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_services`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetServicesQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::head_sql_admin_privilege`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeadSqlAdminPrivilegeQuery {
    /// The privilege, such as %CREATE_TABLE.
    pub privilege: String,
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
    /// 1: with the right to pass it on.
    pub with_grant: Option<i64>,
}

/// The parameters of [`Client::post_sql_admin_privilege_grant`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostSqlAdminPrivilegeGrantQuery {
    /// The privilege, such as %CREATE_TABLE.
    pub privilege: String,
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
    /// 1: with the right to pass it on.
    pub with_grant: Option<i64>,
}

/// The parameters of [`Client::post_sql_admin_privilege_revoke`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostSqlAdminPrivilegeRevokeQuery {
    /// The privilege, such as %CREATE_TABLE.
    pub privilege: String,
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
}

/// The parameters of [`Client::get_sql_admin_privileges`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSqlAdminPrivilegesQuery {
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::head_sql_column_privilege`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeadSqlColumnPrivilegeQuery {
    /// The privilege, such as SELECT; `*` for all that the type can have.
    pub action: String,
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
    /// The object, such as Sample.Person.
    pub object: String,
    /// The column.
    pub column: String,
    /// The type of the object, such as TABLE.
    pub r#type: String,
    /// 1: with the right to pass it on.
    pub with_grant: Option<i64>,
}

/// The parameters of [`Client::post_sql_column_privilege_grant`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostSqlColumnPrivilegeGrantQuery {
    /// The privilege, such as SELECT; `*` for all that the type can have.
    pub action: String,
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
    /// The object, such as Sample.Person.
    pub object: String,
    /// The column.
    pub column: String,
    /// The type of the object, such as TABLE.
    pub r#type: String,
    /// 1: with the right to pass it on.
    pub with_grant: Option<i64>,
}

/// The parameters of [`Client::post_sql_column_privilege_revoke`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostSqlColumnPrivilegeRevokeQuery {
    /// The privilege, such as SELECT; `*` for all that the type can have.
    pub action: String,
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
    /// The object, such as Sample.Person.
    pub object: String,
    /// The column.
    pub column: String,
    /// The type of the object, such as TABLE.
    pub r#type: String,
    /// 1: takes only the right to pass it on.
    pub with_grant: Option<i64>,
    /// Takes what this one granted.
    pub as_grantor: Option<String>,
}

/// The parameters of [`Client::get_sql_column_privileges`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSqlColumnPrivilegesQuery {
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
    /// The object, such as Sample.Person.
    pub object: String,
    /// 1: objects of the system, too.
    pub include_system: Option<i64>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::head_sql_privilege`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeadSqlPrivilegeQuery {
    /// The namespace.
    pub namespace: String,
    /// A user or a role.
    pub grantee: String,
    /// The type of the object, such as TABLE.
    pub r#type: String,
    /// The object, such as Sample.Person.
    pub object: String,
    /// The privilege, such as SELECT; `*` for all that the type can have.
    pub action: String,
    /// 1: with the right to pass it on.
    pub with_grant: Option<i64>,
}

/// The parameters of [`Client::post_sql_privilege_grant`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostSqlPrivilegeGrantQuery {
    /// The namespace.
    pub namespace: String,
    /// A user or a role.
    pub grantee: String,
    /// The type of the object, such as TABLE.
    pub r#type: String,
    /// The object, such as Sample.Person.
    pub object: String,
    /// The privilege, such as SELECT; `*` for all that the type can have.
    pub action: String,
    /// 1: with the right to pass it on.
    pub with_grant: Option<i64>,
}

/// The parameters of [`Client::post_sql_privilege_revoke`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostSqlPrivilegeRevokeQuery {
    /// The namespace.
    pub namespace: String,
    /// A user or a role.
    pub grantee: String,
    /// The type of the object, such as TABLE.
    pub r#type: String,
    /// The object, such as Sample.Person.
    pub object: String,
    /// The privilege, such as SELECT; `*` for all that the type can have.
    pub action: String,
    /// 1: takes only the right to pass it on.
    pub with_grant: Option<i64>,
    /// 1: takes it from those who hold it through the grantee, too.
    pub cascade: Option<i64>,
    /// Takes what this one granted.
    pub as_grantor: Option<String>,
}

/// The parameters of [`Client::get_sql_privileges`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSqlPrivilegesQuery {
    /// A user or a role.
    pub grantee: String,
    /// The namespace.
    pub namespace: String,
    /// 1: objects of the system, too.
    pub include_system: Option<i64>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_ssl_configurations`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSslConfigurationsQuery {
    /// A text that the rows contain.
    pub filter: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_superserver`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSuperserverQuery {
    /// The port, from 100 on.
    pub port: i64,
    /// The address that is bound there; none for any.
    pub bind_address: Option<String>,
}

/// The parameters of [`Client::put_superserver`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutSuperserverQuery {
    /// The port, from 100 on.
    pub port: i64,
    /// The address that is bound there; none for any.
    pub bind_address: Option<String>,
}

/// The parameters of [`Client::delete_superserver`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteSuperserverQuery {
    /// The port, from 100 on.
    pub port: i64,
    /// The address that is bound there; none for any.
    pub bind_address: Option<String>,
}

/// The parameters of [`Client::get_superservers`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSuperserversQuery {
    /// A text that the rows contain.
    pub filter: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_users`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetUsersQuery {
    /// A comma list of names, each exact or with `*` at its end.
    pub names: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_tasks`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTasksQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_wallet_collections`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetWalletCollectionsQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_web_apps`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetWebAppsQuery {
    /// A text that the rows contain.
    pub filter: Option<String>,
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// The parameters of [`Client::get_web_sessions`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetWebSessionsQuery {
    /// The most rows; 1000 where it is left out.
    pub max_rows: Option<i64>,
}

/// An object: well known authzen configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WellKnownAuthzenConfiguration {
    /// `policy_decision_point`.
    pub policy_decision_point: String,
    /// `access_evaluation_endpoint`.
    pub access_evaluation_endpoint: String,
    /// `access_evaluations_endpoint`.
    pub access_evaluations_endpoint: String,
    /// `search_subject_endpoint`.
    pub search_subject_endpoint: String,
    /// `search_resource_endpoint`.
    pub search_resource_endpoint: String,
    /// `search_action_endpoint`.
    pub search_action_endpoint: String,
}

/// An object: post evaluation subject.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostEvaluationSubject {
    /// `type`.
    pub r#type: String,
    /// `id`.
    pub id: String,
    /// They have no part in the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: post evaluation action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostEvaluationAction {
    /// Read, write or use.
    pub name: String,
    /// They have no part in the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: post evaluation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostEvaluation {
    /// `subject`.
    pub subject: PostEvaluationSubject,
    /// `action`.
    pub action: PostEvaluationAction,
    /// `resource`.
    pub resource: PostEvaluationSubject,
    /// `context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: evaluation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// `decision`.
    pub decision: bool,
    /// `context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
}

/// An object: post evaluations evaluation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostEvaluationsEvaluation {
    /// `subject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<PostEvaluationSubject>,
    /// `action`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<PostEvaluationAction>,
    /// `resource`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<PostEvaluationSubject>,
    /// `context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A word: post evaluations options evaluations semantic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostEvaluationsOptionsEvaluationsSemantic {
    /// `execute_all`.
    #[serde(rename = "execute_all")]
    #[default]
    ExecuteAll,
    /// `deny_on_first_deny`.
    #[serde(rename = "deny_on_first_deny")]
    DenyOnFirstDeny,
    /// `permit_on_first_permit`.
    #[serde(rename = "permit_on_first_permit")]
    PermitOnFirstPermit,
}

/// An object: post evaluations options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostEvaluationsOptions {
    /// `evaluations_semantic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluations_semantic: Option<PostEvaluationsOptionsEvaluationsSemantic>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: post evaluations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostEvaluations {
    /// `subject`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<PostEvaluationSubject>,
    /// `action`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<PostEvaluationAction>,
    /// `resource`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<PostEvaluationSubject>,
    /// `context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// What they leave out is that of the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluations: Option<Vec<PostEvaluationsEvaluation>>,
    /// `options`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<PostEvaluationsOptions>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: evaluations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluations {
    /// `decision`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<bool>,
    /// `evaluations`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluations: Option<Vec<Evaluation>>,
}

/// An object: post search action page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSearchActionPage {
    /// The most results: 100 where it is left out, 1000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// `next_token` of the page before; empty for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: post search action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSearchAction {
    /// `subject`.
    pub subject: PostEvaluationSubject,
    /// `resource`.
    pub resource: PostEvaluationSubject,
    /// `context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// `page`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PostSearchActionPage>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: search action result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchActionResult {
    /// `name`.
    pub name: String,
}

/// An object: search action page.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchActionPage {
    /// `next_token`.
    pub next_token: String,
    /// `count`.
    pub count: i64,
}

/// An object: search action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchAction {
    /// `results`.
    pub results: Vec<SearchActionResult>,
    /// `page`.
    pub page: SearchActionPage,
}

/// An object: post search resource resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSearchResourceResource {
    /// `type`.
    pub r#type: String,
    /// `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// They have no part in the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: post search resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSearchResource {
    /// `subject`.
    pub subject: PostEvaluationSubject,
    /// `action`.
    pub action: PostEvaluationAction,
    /// `resource`.
    pub resource: PostSearchResourceResource,
    /// `context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// `page`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PostSearchActionPage>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: search resource result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchResourceResult {
    /// `type`.
    pub r#type: String,
    /// `id`.
    pub id: String,
}

/// An object: search resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchResource {
    /// `results`.
    pub results: Vec<SearchResourceResult>,
    /// `page`.
    pub page: SearchActionPage,
}

/// An object: post search subject.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSearchSubject {
    /// `subject`.
    pub subject: PostSearchResourceResource,
    /// `action`.
    pub action: PostEvaluationAction,
    /// `resource`.
    pub resource: PostEvaluationSubject,
    /// `context`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// `page`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PostSearchActionPage>,
    /// Other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// An object: info.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// `apiVersion`.
    #[serde(rename = "apiVersion")]
    pub api_version: i64,
    /// `username`.
    pub username: String,
    /// `serverVersion`.
    #[serde(rename = "serverVersion")]
    pub server_version: String,
    /// `systemMode`.
    #[serde(rename = "systemMode")]
    pub system_mode: String,
    /// `product`.
    pub product: String,
    /// `namespaces`.
    pub namespaces: Vec<SearchActionResult>,
    /// For each area, whether it may be used: `{"use": true}`.
    pub privileges: Value,
}

/// An object: post login.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostLogin {
    /// The name of the account.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// A role to escalate to, which takes the place of all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The one-time password, where a second factor is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp: Option<Secret>,
    /// The code of a text message, where a second factor is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// An object: login.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// `access_token`.
    pub access_token: Secret,
    /// `refresh_token`.
    pub refresh_token: Secret,
    /// The name of the user.
    pub sub: String,
    /// When they were made, in seconds since 1970.
    pub iat: f64,
    /// When the access token expires, in seconds since 1970.
    pub exp: i64,
}

/// An object: post refresh.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostRefresh {
    /// `refresh_token`.
    pub refresh_token: Secret,
}

/// An object: async result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AsyncResult {
    /// `GUID`.
    #[serde(rename = "GUID")]
    pub guid: String,
    /// `TaskName`.
    #[serde(rename = "TaskName")]
    pub task_name: String,
    /// `State`.
    #[serde(rename = "State")]
    pub state: String,
    /// `FailureReason`.
    #[serde(rename = "FailureReason")]
    pub failure_reason: String,
    /// `TimeQueued`.
    #[serde(rename = "TimeQueued")]
    pub time_queued: String,
    /// `TimeStarted`.
    #[serde(rename = "TimeStarted")]
    pub time_started: String,
    /// `TimeFinished`.
    #[serde(rename = "TimeFinished")]
    pub time_finished: String,
    /// `Console`.
    #[serde(rename = "Console")]
    pub console: Vec<String>,
    /// What came of the task; its shape is that of the operation.
    #[serde(rename = "Result")]
    pub result: Value,
}

/// An object: async result row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AsyncResultRow {
    /// `GUID`.
    #[serde(rename = "GUID")]
    pub guid: String,
    /// `TaskName`.
    #[serde(rename = "TaskName")]
    pub task_name: String,
    /// `State`.
    #[serde(rename = "State")]
    pub state: String,
    /// `FailureReason`.
    #[serde(rename = "FailureReason")]
    pub failure_reason: String,
    /// `TimeQueued`.
    #[serde(rename = "TimeQueued")]
    pub time_queued: String,
    /// `TimeStarted`.
    #[serde(rename = "TimeStarted")]
    pub time_started: String,
    /// `TimeFinished`.
    #[serde(rename = "TimeFinished")]
    pub time_finished: String,
}

/// An object: database row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DatabaseRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Resource`.
    #[serde(rename = "Resource")]
    pub resource: String,
    /// `ReadOnly`.
    #[serde(rename = "ReadOnly")]
    pub read_only: bool,
}

/// An object: monitor dashboard main status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MonitorDashboardMainStatus {
    /// `UpTime`.
    #[serde(rename = "UpTime")]
    pub up_time: String,
}

/// An object: monitor dashboard main.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MonitorDashboardMain {
    /// `Status`.
    #[serde(rename = "Status")]
    pub status: MonitorDashboardMainStatus,
}

/// An object: namespace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Namespace {
    /// `Globals`.
    #[serde(rename = "Globals")]
    pub globals: String,
    /// `Routines`.
    #[serde(rename = "Routines")]
    pub routines: String,
    /// `TempGlobals`.
    #[serde(rename = "TempGlobals")]
    pub temp_globals: String,
}

/// An object: namespace row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NamespaceRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Globals`.
    #[serde(rename = "Globals")]
    pub globals: String,
    /// `Routines`.
    #[serde(rename = "Routines")]
    pub routines: String,
    /// `SysGlobals`.
    #[serde(rename = "SysGlobals")]
    pub sys_globals: String,
    /// `SysRoutines`.
    #[serde(rename = "SysRoutines")]
    pub sys_routines: String,
    /// `Library`.
    #[serde(rename = "Library")]
    pub library: String,
    /// `TempGlobals`.
    #[serde(rename = "TempGlobals")]
    pub temp_globals: String,
}

/// An object: audit enabled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditEnabled {
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
}

/// An object: audit event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
}

/// An object: put audit event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutAuditEvent {
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Enabled`.
    #[serde(rename = "Enabled", default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// An object: audit event row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditEventRow {
    /// `EventName`.
    #[serde(rename = "EventName")]
    pub event_name: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `Total`.
    #[serde(rename = "Total")]
    pub total: i64,
    /// `Written`.
    #[serde(rename = "Written")]
    pub written: i64,
    /// `Lost`.
    #[serde(rename = "Lost")]
    pub lost: i64,
}

/// An object: audit record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// `SystemID`.
    #[serde(rename = "SystemID")]
    pub system_id: String,
    /// `AuditIndex`.
    #[serde(rename = "AuditIndex")]
    pub audit_index: String,
    /// `UTCTimeStamp`.
    #[serde(rename = "UTCTimeStamp")]
    pub utc_time_stamp: String,
    /// `EventSource`.
    #[serde(rename = "EventSource")]
    pub event_source: String,
    /// `EventType`.
    #[serde(rename = "EventType")]
    pub event_type: String,
    /// `Event`.
    #[serde(rename = "Event")]
    pub event: String,
    /// `Pid`.
    #[serde(rename = "Pid")]
    pub pid: String,
    /// `Username`.
    #[serde(rename = "Username")]
    pub username: String,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `JobNumber`.
    #[serde(rename = "JobNumber")]
    pub job_number: i64,
    /// `JobId`.
    #[serde(rename = "JobId")]
    pub job_id: i64,
    /// `Authentication`.
    #[serde(rename = "Authentication")]
    pub authentication: String,
    /// `ClientExecutableName`.
    #[serde(rename = "ClientExecutableName")]
    pub client_executable_name: String,
    /// `ClientIPAddress`.
    #[serde(rename = "ClientIPAddress")]
    pub client_ip_address: String,
    /// `StartupClientIPAddress`.
    #[serde(rename = "StartupClientIPAddress")]
    pub startup_client_ip_address: String,
    /// `EventData`.
    #[serde(rename = "EventData")]
    pub event_data: String,
    /// `Namespace`.
    #[serde(rename = "Namespace")]
    pub namespace: String,
    /// `Roles`.
    #[serde(rename = "Roles")]
    pub roles: String,
    /// `RoutineSpec`.
    #[serde(rename = "RoutineSpec")]
    pub routine_spec: String,
    /// `UserInfo`.
    #[serde(rename = "UserInfo")]
    pub user_info: String,
    /// `Status`.
    #[serde(rename = "Status")]
    pub status: String,
    /// `OSUsername`.
    #[serde(rename = "OSUsername")]
    pub os_username: String,
}

/// An object: post audit record purge.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostAuditRecordPurge {
    /// YYYY-MM-DD hh:mm:ss; empty for open.
    #[serde(rename = "BeginDateTime")]
    pub begin_date_time: String,
    /// The same; the first time that stays.
    #[serde(rename = "EndDateTime")]
    pub end_date_time: String,
}

/// An object: ldap configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LdapConfiguration {
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// Bits: 0 Active Directory, 1 TLS, 3 groups, 4 nested groups, 5 universal groups, 6 in use.
    #[serde(rename = "LDAPFlags")]
    pub ldap_flags: i64,
    /// `LDAPHostNames`.
    #[serde(rename = "LDAPHostNames")]
    pub ldap_host_names: Vec<String>,
    /// A file below the directory for them.
    #[serde(rename = "LDAPCACertFile")]
    pub ldapca_cert_file: String,
    /// Needed of one that is in use.
    #[serde(rename = "LDAPBaseDN")]
    pub ldap_base_dn: String,
    /// Needed of one that is in use.
    #[serde(rename = "LDAPBaseDNForGroups")]
    pub ldap_base_dn_for_groups: String,
    /// `LDAPUniqueDNIdentifier`.
    #[serde(rename = "LDAPUniqueDNIdentifier")]
    pub ldap_unique_dn_identifier: String,
    /// `LDAPSearchUsername`.
    #[serde(rename = "LDAPSearchUsername")]
    pub ldap_search_username: String,
    /// Seconds.
    #[serde(rename = "LDAPClientTimeout")]
    pub ldap_client_timeout: i64,
    /// Seconds.
    #[serde(rename = "LDAPServerTimeout")]
    pub ldap_server_timeout: i64,
    /// `LDAPAttributes`.
    #[serde(rename = "LDAPAttributes")]
    pub ldap_attributes: Vec<String>,
    /// `LDAPAttributeComment`.
    #[serde(rename = "LDAPAttributeComment")]
    pub ldap_attribute_comment: String,
    /// `LDAPAttributeFullName`.
    #[serde(rename = "LDAPAttributeFullName")]
    pub ldap_attribute_full_name: String,
    /// `LDAPAttributeMail`.
    #[serde(rename = "LDAPAttributeMail")]
    pub ldap_attribute_mail: String,
    /// `LDAPAttributeMobile`.
    #[serde(rename = "LDAPAttributeMobile")]
    pub ldap_attribute_mobile: String,
    /// `LDAPAttributeMobileProvider`.
    #[serde(rename = "LDAPAttributeMobileProvider")]
    pub ldap_attribute_mobile_provider: String,
    /// `LDAPAttributeNameSpace`.
    #[serde(rename = "LDAPAttributeNameSpace")]
    pub ldap_attribute_name_space: String,
    /// `LDAPAttributeRoutine`.
    #[serde(rename = "LDAPAttributeRoutine")]
    pub ldap_attribute_routine: String,
    /// `LDAPAttributeRoles`.
    #[serde(rename = "LDAPAttributeRoles")]
    pub ldap_attribute_roles: String,
    /// `LDAPAttributeEscalationRoles`.
    #[serde(rename = "LDAPAttributeEscalationRoles")]
    pub ldap_attribute_escalation_roles: String,
    /// `LDAPGroupId`.
    #[serde(rename = "LDAPGroupId")]
    pub ldap_group_id: String,
    /// `LDAPInstanceId`.
    #[serde(rename = "LDAPInstanceId")]
    pub ldap_instance_id: String,
    /// `OrganizationId`.
    #[serde(rename = "OrganizationId")]
    pub organization_id: String,
    /// `GroupId`.
    #[serde(rename = "GroupId")]
    pub group_id: String,
    /// `InstanceId`.
    #[serde(rename = "InstanceId")]
    pub instance_id: String,
    /// `RoleId`.
    #[serde(rename = "RoleId")]
    pub role_id: String,
    /// `EscalationRoleId`.
    #[serde(rename = "EscalationRoleId")]
    pub escalation_role_id: String,
    /// `RoutineId`.
    #[serde(rename = "RoutineId")]
    pub routine_id: String,
    /// `NamespaceId`.
    #[serde(rename = "NamespaceId")]
    pub namespace_id: String,
    /// One of - _ ^ . ~.
    #[serde(rename = "DelimiterId")]
    pub delimiter_id: String,
}

/// An object: put ldap configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutLdapConfiguration {
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Bits: 0 Active Directory, 1 TLS, 3 groups, 4 nested groups, 5 universal groups, 6 in use.
    #[serde(rename = "LDAPFlags", default, skip_serializing_if = "Option::is_none")]
    pub ldap_flags: Option<i64>,
    /// `LDAPHostNames`.
    #[serde(rename = "LDAPHostNames", default, skip_serializing_if = "Option::is_none")]
    pub ldap_host_names: Option<Vec<String>>,
    /// A file below the directory for them.
    #[serde(rename = "LDAPCACertFile", default, skip_serializing_if = "Option::is_none")]
    pub ldapca_cert_file: Option<String>,
    /// Needed of one that is in use.
    #[serde(rename = "LDAPBaseDN", default, skip_serializing_if = "Option::is_none")]
    pub ldap_base_dn: Option<String>,
    /// Needed of one that is in use.
    #[serde(rename = "LDAPBaseDNForGroups", default, skip_serializing_if = "Option::is_none")]
    pub ldap_base_dn_for_groups: Option<String>,
    /// `LDAPUniqueDNIdentifier`.
    #[serde(rename = "LDAPUniqueDNIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub ldap_unique_dn_identifier: Option<String>,
    /// `LDAPSearchUsername`.
    #[serde(rename = "LDAPSearchUsername", default, skip_serializing_if = "Option::is_none")]
    pub ldap_search_username: Option<String>,
    /// Seconds.
    #[serde(rename = "LDAPClientTimeout", default, skip_serializing_if = "Option::is_none")]
    pub ldap_client_timeout: Option<i64>,
    /// Seconds.
    #[serde(rename = "LDAPServerTimeout", default, skip_serializing_if = "Option::is_none")]
    pub ldap_server_timeout: Option<i64>,
    /// `LDAPAttributes`.
    #[serde(rename = "LDAPAttributes", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attributes: Option<Vec<String>>,
    /// `LDAPAttributeComment`.
    #[serde(rename = "LDAPAttributeComment", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_comment: Option<String>,
    /// `LDAPAttributeFullName`.
    #[serde(rename = "LDAPAttributeFullName", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_full_name: Option<String>,
    /// `LDAPAttributeMail`.
    #[serde(rename = "LDAPAttributeMail", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_mail: Option<String>,
    /// `LDAPAttributeMobile`.
    #[serde(rename = "LDAPAttributeMobile", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_mobile: Option<String>,
    /// `LDAPAttributeMobileProvider`.
    #[serde(rename = "LDAPAttributeMobileProvider", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_mobile_provider: Option<String>,
    /// `LDAPAttributeNameSpace`.
    #[serde(rename = "LDAPAttributeNameSpace", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_name_space: Option<String>,
    /// `LDAPAttributeRoutine`.
    #[serde(rename = "LDAPAttributeRoutine", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_routine: Option<String>,
    /// `LDAPAttributeRoles`.
    #[serde(rename = "LDAPAttributeRoles", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_roles: Option<String>,
    /// `LDAPAttributeEscalationRoles`.
    #[serde(rename = "LDAPAttributeEscalationRoles", default, skip_serializing_if = "Option::is_none")]
    pub ldap_attribute_escalation_roles: Option<String>,
    /// `LDAPGroupId`.
    #[serde(rename = "LDAPGroupId", default, skip_serializing_if = "Option::is_none")]
    pub ldap_group_id: Option<String>,
    /// `LDAPInstanceId`.
    #[serde(rename = "LDAPInstanceId", default, skip_serializing_if = "Option::is_none")]
    pub ldap_instance_id: Option<String>,
    /// `OrganizationId`.
    #[serde(rename = "OrganizationId", default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// `GroupId`.
    #[serde(rename = "GroupId", default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// `InstanceId`.
    #[serde(rename = "InstanceId", default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// `RoleId`.
    #[serde(rename = "RoleId", default, skip_serializing_if = "Option::is_none")]
    pub role_id: Option<String>,
    /// `EscalationRoleId`.
    #[serde(rename = "EscalationRoleId", default, skip_serializing_if = "Option::is_none")]
    pub escalation_role_id: Option<String>,
    /// `RoutineId`.
    #[serde(rename = "RoutineId", default, skip_serializing_if = "Option::is_none")]
    pub routine_id: Option<String>,
    /// `NamespaceId`.
    #[serde(rename = "NamespaceId", default, skip_serializing_if = "Option::is_none")]
    pub namespace_id: Option<String>,
    /// One of - _ ^ . ~.
    #[serde(rename = "DelimiterId", default, skip_serializing_if = "Option::is_none")]
    pub delimiter_id: Option<String>,
}

/// An object: post ldap configuration search password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostLdapConfigurationSearchPassword {
    /// Empty for none; it is kept sealed.
    #[serde(rename = "LDAPSearchPassword")]
    pub ldap_search_password: Secret,
}

/// An object: ldap configuration row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LdapConfigurationRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `LDAPCACertFile`.
    #[serde(rename = "LDAPCACertFile")]
    pub ldapca_cert_file: String,
}

/// An object: post ldap test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostLdapTest {
    /// `Username`.
    #[serde(rename = "Username")]
    pub username: String,
    /// `Password`.
    #[serde(rename = "Password")]
    pub password: Secret,
}

/// An object: privileged routine match role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrivilegedRoutineMatchRole {
    /// `MatchRole`.
    #[serde(rename = "MatchRole")]
    pub match_role: String,
    /// `TargetRoles`.
    #[serde(rename = "TargetRoles")]
    pub target_roles: Vec<String>,
}

/// An object: privileged routine routine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrivilegedRoutineRoutine {
    /// `RoutineOrClass`.
    #[serde(rename = "RoutineOrClass")]
    pub routine_or_class: String,
    /// The database that it is in.
    #[serde(rename = "Db")]
    pub db: String,
    /// `Type`.
    #[serde(rename = "Type")]
    pub r#type: String,
}

/// An object: privileged routine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrivilegedRoutine {
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// An empty MatchRole gives the targets to everybody.
    #[serde(rename = "MatchRoles")]
    pub match_roles: Vec<PrivilegedRoutineMatchRole>,
    /// Whoever may use it gets the roles; none for everybody.
    #[serde(rename = "Resource")]
    pub resource: String,
    /// What may add the roles.
    #[serde(rename = "Routines")]
    pub routines: Vec<PrivilegedRoutineRoutine>,
}

/// A word: put privileged routine routine type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutPrivilegedRoutineRoutineType {
    /// `Routine`.
    #[serde(rename = "Routine")]
    #[default]
    Routine,
    /// `Class`.
    #[serde(rename = "Class")]
    Class,
}

/// An object: put privileged routine routine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutPrivilegedRoutineRoutine {
    /// `RoutineOrClass`.
    #[serde(rename = "RoutineOrClass")]
    pub routine_or_class: String,
    /// The database that it is in.
    #[serde(rename = "Db")]
    pub db: String,
    /// `Type`.
    #[serde(rename = "Type")]
    pub r#type: PutPrivilegedRoutineRoutineType,
}

/// An object: put privileged routine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutPrivilegedRoutine {
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Enabled`.
    #[serde(rename = "Enabled", default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// An empty MatchRole gives the targets to everybody.
    #[serde(rename = "MatchRoles", default, skip_serializing_if = "Option::is_none")]
    pub match_roles: Option<Vec<PrivilegedRoutineMatchRole>>,
    /// Whoever may use it gets the roles; none for everybody.
    #[serde(rename = "Resource", default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What may add the roles.
    #[serde(rename = "Routines", default, skip_serializing_if = "Option::is_none")]
    pub routines: Option<Vec<PutPrivilegedRoutineRoutine>>,
}

/// An object: privileged routine row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrivilegedRoutineRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Namespace`.
    #[serde(rename = "Namespace")]
    pub namespace: String,
    /// `NamespaceDefault`.
    #[serde(rename = "NamespaceDefault")]
    pub namespace_default: bool,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `Type`.
    #[serde(rename = "Type")]
    pub r#type: String,
    /// `Resource`.
    #[serde(rename = "Resource")]
    pub resource: String,
    /// `AuthenticationMethods`.
    #[serde(rename = "AuthenticationMethods")]
    pub authentication_methods: Vec<String>,
    /// `IsSystemApp`.
    #[serde(rename = "IsSystemApp")]
    pub is_system_app: bool,
    /// `DispatchClass`.
    #[serde(rename = "DispatchClass")]
    pub dispatch_class: String,
}

/// An object: resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// What everybody holds: letters of R, W and U.
    #[serde(rename = "PublicPermission")]
    pub public_permission: String,
}

/// An object: put resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutResource {
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What everybody holds: letters of R, W and U.
    #[serde(rename = "PublicPermission", default, skip_serializing_if = "Option::is_none")]
    pub public_permission: Option<String>,
}

/// An object: resource row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `PublicPermission`.
    #[serde(rename = "PublicPermission")]
    pub public_permission: String,
    /// `ResourceType`.
    #[serde(rename = "ResourceType")]
    pub resource_type: String,
    /// `AllowDelete`.
    #[serde(rename = "AllowDelete")]
    pub allow_delete: bool,
}

/// An object: role resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleResource {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Permissions`.
    #[serde(rename = "Permissions")]
    pub permissions: String,
}

/// An object: role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// The roles that it grants, one level.
    #[serde(rename = "GrantedRoles")]
    pub granted_roles: Vec<String>,
    /// `EscalationOnly`.
    #[serde(rename = "EscalationOnly")]
    pub escalation_only: bool,
    /// Its privileges; a list replaces all of them.
    #[serde(rename = "Resources")]
    pub resources: Vec<RoleResource>,
}

/// An object: put role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutRole {
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The roles that it grants, one level.
    #[serde(rename = "GrantedRoles", default, skip_serializing_if = "Option::is_none")]
    pub granted_roles: Option<Vec<String>>,
    /// `EscalationOnly`.
    #[serde(rename = "EscalationOnly", default, skip_serializing_if = "Option::is_none")]
    pub escalation_only: Option<bool>,
    /// Its privileges; a list replaces all of them.
    #[serde(rename = "Resources", default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<RoleResource>>,
}

/// An object: role owner row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleOwnerRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Type`.
    #[serde(rename = "Type")]
    pub r#type: String,
    /// `AdminOption`.
    #[serde(rename = "AdminOption")]
    pub admin_option: String,
}

/// An object: role row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RoleRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `CreatedBy`.
    #[serde(rename = "CreatedBy")]
    pub created_by: String,
    /// `EscalationOnly`.
    #[serde(rename = "EscalationOnly")]
    pub escalation_only: bool,
}

/// An object: service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The bits of the mechanisms that it allows.
    #[serde(rename = "AutheEnabled")]
    pub authe_enabled: i64,
    /// The addresses that may connect; none for any.
    #[serde(rename = "ClientSystems")]
    pub client_systems: Vec<String>,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
}

/// An object: put service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutService {
    /// The bits of the mechanisms that it allows.
    #[serde(rename = "AutheEnabled", default, skip_serializing_if = "Option::is_none")]
    pub authe_enabled: Option<i64>,
    /// The addresses that may connect; none for any.
    #[serde(rename = "ClientSystems", default, skip_serializing_if = "Option::is_none")]
    pub client_systems: Option<Vec<String>>,
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Enabled`.
    #[serde(rename = "Enabled", default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// An object: service row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `EnabledBoolean`.
    #[serde(rename = "EnabledBoolean")]
    pub enabled_boolean: bool,
    /// `Public`.
    #[serde(rename = "Public")]
    pub public: String,
    /// `AuthenticationMethods`.
    #[serde(rename = "AuthenticationMethods")]
    pub authentication_methods: Vec<String>,
    /// `AllowedConnections`.
    #[serde(rename = "AllowedConnections")]
    pub allowed_connections: Vec<String>,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `HttpOnlyCookies`.
    #[serde(rename = "HttpOnlyCookies")]
    pub http_only_cookies: bool,
    /// `TwoFactorEnabled`.
    #[serde(rename = "TwoFactorEnabled")]
    pub two_factor_enabled: bool,
}

/// An object: sql admin privilege row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlAdminPrivilegeRow {
    /// `Privilege`.
    #[serde(rename = "Privilege")]
    pub privilege: String,
    /// `GrantOption`.
    #[serde(rename = "GrantOption")]
    pub grant_option: bool,
    /// `GrantedVia`.
    #[serde(rename = "GrantedVia")]
    pub granted_via: String,
}

/// An object: sql column privilege row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlColumnPrivilegeRow {
    /// `Column`.
    #[serde(rename = "Column")]
    pub column: String,
    /// `Privilege`.
    #[serde(rename = "Privilege")]
    pub privilege: String,
    /// `GrantedBy`.
    #[serde(rename = "GrantedBy")]
    pub granted_by: String,
    /// `GrantOption`.
    #[serde(rename = "GrantOption")]
    pub grant_option: bool,
    /// `GrantedVia`.
    #[serde(rename = "GrantedVia")]
    pub granted_via: String,
}

/// An object: sql privilege row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlPrivilegeRow {
    /// `Type`.
    #[serde(rename = "Type")]
    pub r#type: String,
    /// `Object`.
    #[serde(rename = "Object")]
    pub object: String,
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Action`.
    #[serde(rename = "Action")]
    pub action: String,
    /// `Privilege`.
    #[serde(rename = "Privilege")]
    pub privilege: String,
    /// `GrantedBy`.
    #[serde(rename = "GrantedBy")]
    pub granted_by: String,
    /// `GrantOption`.
    #[serde(rename = "GrantOption")]
    pub grant_option: bool,
    /// `GrantedVia`.
    #[serde(rename = "GrantedVia")]
    pub granted_via: String,
    /// `HasColumnPriv`.
    #[serde(rename = "HasColumnPriv")]
    pub has_column_priv: bool,
}

/// An object: ssl configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SslConfiguration {
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// 0 client, 1 server.
    #[serde(rename = "Type")]
    pub r#type: i64,
    /// 0 no, 1 a certificate is asked for; of servers also 3, it is required.
    #[serde(rename = "VerifyPeer")]
    pub verify_peer: i64,
    /// `AuthorizeCN`.
    #[serde(rename = "AuthorizeCN")]
    pub authorize_cn: bool,
    /// A file below the directory for them.
    #[serde(rename = "CAFile")]
    pub ca_file: String,
    /// A directory below that one.
    #[serde(rename = "CAPath")]
    pub ca_path: String,
    /// A file below that directory.
    #[serde(rename = "CertificateFile")]
    pub certificate_file: String,
    /// A file below that directory.
    #[serde(rename = "PrivateKeyFile")]
    pub private_key_file: String,
    /// 1 DSA, 2 RSA, 3 ECDSA.
    #[serde(rename = "PrivateKeyType")]
    pub private_key_type: i64,
    /// Up to TLS 1.2.
    #[serde(rename = "CipherList")]
    pub cipher_list: Vec<String>,
    /// Of TLS 1.3.
    #[serde(rename = "Ciphersuites")]
    pub ciphersuites: Vec<String>,
    /// `DiffieHellmanBits`.
    #[serde(rename = "DiffieHellmanBits")]
    pub diffie_hellman_bits: i64,
    /// 1 yes, 0 no.
    #[serde(rename = "OCSP")]
    pub ocsp: i64,
    /// A file below that directory.
    #[serde(rename = "OCSPIssuerCert")]
    pub ocsp_issuer_cert: String,
    /// A file below that directory.
    #[serde(rename = "OCSPResponseFile")]
    pub ocsp_response_file: String,
    /// Seconds.
    #[serde(rename = "OCSPTimeout")]
    pub ocsp_timeout: i64,
    /// `OCSPURL`.
    #[serde(rename = "OCSPURL")]
    pub ocspurl: String,
    /// 2 SSL 3.0, 4 TLS 1.0, 8 TLS 1.1, 16 TLS 1.2, 32 TLS 1.3.
    #[serde(rename = "TLSMinVersion")]
    pub tls_min_version: i64,
    /// The same.
    #[serde(rename = "TLSMaxVersion")]
    pub tls_max_version: i64,
    /// `VerifyDepth`.
    #[serde(rename = "VerifyDepth")]
    pub verify_depth: i64,
}

/// An object: put ssl configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutSslConfiguration {
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Enabled`.
    #[serde(rename = "Enabled", default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// 0 client, 1 server.
    #[serde(rename = "Type", default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<i64>,
    /// 0 no, 1 a certificate is asked for; of servers also 3, it is required.
    #[serde(rename = "VerifyPeer", default, skip_serializing_if = "Option::is_none")]
    pub verify_peer: Option<i64>,
    /// `AuthorizeCN`.
    #[serde(rename = "AuthorizeCN", default, skip_serializing_if = "Option::is_none")]
    pub authorize_cn: Option<bool>,
    /// A file below the directory for them.
    #[serde(rename = "CAFile", default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// A directory below that one.
    #[serde(rename = "CAPath", default, skip_serializing_if = "Option::is_none")]
    pub ca_path: Option<String>,
    /// A file below that directory.
    #[serde(rename = "CertificateFile", default, skip_serializing_if = "Option::is_none")]
    pub certificate_file: Option<String>,
    /// A file below that directory.
    #[serde(rename = "PrivateKeyFile", default, skip_serializing_if = "Option::is_none")]
    pub private_key_file: Option<String>,
    /// 1 DSA, 2 RSA, 3 ECDSA.
    #[serde(rename = "PrivateKeyType", default, skip_serializing_if = "Option::is_none")]
    pub private_key_type: Option<i64>,
    /// Up to TLS 1.2.
    #[serde(rename = "CipherList", default, skip_serializing_if = "Option::is_none")]
    pub cipher_list: Option<Vec<String>>,
    /// Of TLS 1.3.
    #[serde(rename = "Ciphersuites", default, skip_serializing_if = "Option::is_none")]
    pub ciphersuites: Option<Vec<String>>,
    /// `DiffieHellmanBits`.
    #[serde(rename = "DiffieHellmanBits", default, skip_serializing_if = "Option::is_none")]
    pub diffie_hellman_bits: Option<i64>,
    /// 1 yes, 0 no.
    #[serde(rename = "OCSP", default, skip_serializing_if = "Option::is_none")]
    pub ocsp: Option<i64>,
    /// A file below that directory.
    #[serde(rename = "OCSPIssuerCert", default, skip_serializing_if = "Option::is_none")]
    pub ocsp_issuer_cert: Option<String>,
    /// A file below that directory.
    #[serde(rename = "OCSPResponseFile", default, skip_serializing_if = "Option::is_none")]
    pub ocsp_response_file: Option<String>,
    /// Seconds.
    #[serde(rename = "OCSPTimeout", default, skip_serializing_if = "Option::is_none")]
    pub ocsp_timeout: Option<i64>,
    /// `OCSPURL`.
    #[serde(rename = "OCSPURL", default, skip_serializing_if = "Option::is_none")]
    pub ocspurl: Option<String>,
    /// 2 SSL 3.0, 4 TLS 1.0, 8 TLS 1.1, 16 TLS 1.2, 32 TLS 1.3.
    #[serde(rename = "TLSMinVersion", default, skip_serializing_if = "Option::is_none")]
    pub tls_min_version: Option<i64>,
    /// The same.
    #[serde(rename = "TLSMaxVersion", default, skip_serializing_if = "Option::is_none")]
    pub tls_max_version: Option<i64>,
    /// `VerifyDepth`.
    #[serde(rename = "VerifyDepth", default, skip_serializing_if = "Option::is_none")]
    pub verify_depth: Option<i64>,
    /// Empty for none; it is kept sealed.
    #[serde(rename = "PrivateKeyPassword", default, skip_serializing_if = "Option::is_none")]
    pub private_key_password: Option<Secret>,
}

/// An object: ssl configuration row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SslConfigurationRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `Type`.
    #[serde(rename = "Type")]
    pub r#type: String,
}

/// An object: superserver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Superserver {
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// The whole listener.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// Exactly one is it; another takes it over by being made it.
    #[serde(rename = "SystemDefault")]
    pub system_default: bool,
    /// `EnableCacheDirect`.
    #[serde(rename = "EnableCacheDirect")]
    pub enable_cache_direct: bool,
    /// Lets %Service_Bindings through.
    #[serde(rename = "EnableClients")]
    pub enable_clients: bool,
    /// Lets %Service_WebGateway through.
    #[serde(rename = "EnableCSP")]
    pub enable_csp: bool,
    /// `EnableDataCheck`.
    #[serde(rename = "EnableDataCheck")]
    pub enable_data_check: bool,
    /// Only at the system default.
    #[serde(rename = "EnableECP")]
    pub enable_ecp: bool,
    /// Only at the system default.
    #[serde(rename = "EnableMirror")]
    pub enable_mirror: bool,
    /// `EnableNodeJS`.
    #[serde(rename = "EnableNodeJS")]
    pub enable_node_js: bool,
    /// `EnableShadows`.
    #[serde(rename = "EnableShadows")]
    pub enable_shadows: bool,
    /// Only at the system default.
    #[serde(rename = "EnableSharding")]
    pub enable_sharding: bool,
    /// Lets %Service_Monitor through.
    #[serde(rename = "EnableSNMP")]
    pub enable_snmp: bool,
    /// `EnableWebLink`.
    #[serde(rename = "EnableWebLink")]
    pub enable_web_link: bool,
    /// The TLS configuration that protects; none for that of the gate.
    #[serde(rename = "SSLConfig")]
    pub ssl_config: String,
    /// 0 no TLS, 1 TLS is accepted, 2 it is required.
    #[serde(rename = "SSLSupportLevel")]
    pub ssl_support_level: i64,
}

/// An object: put superserver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutSuperserver {
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The whole listener.
    #[serde(rename = "Enabled", default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Exactly one is it; another takes it over by being made it.
    #[serde(rename = "SystemDefault", default, skip_serializing_if = "Option::is_none")]
    pub system_default: Option<bool>,
    /// `EnableCacheDirect`.
    #[serde(rename = "EnableCacheDirect", default, skip_serializing_if = "Option::is_none")]
    pub enable_cache_direct: Option<bool>,
    /// Lets %Service_Bindings through.
    #[serde(rename = "EnableClients", default, skip_serializing_if = "Option::is_none")]
    pub enable_clients: Option<bool>,
    /// Lets %Service_WebGateway through.
    #[serde(rename = "EnableCSP", default, skip_serializing_if = "Option::is_none")]
    pub enable_csp: Option<bool>,
    /// `EnableDataCheck`.
    #[serde(rename = "EnableDataCheck", default, skip_serializing_if = "Option::is_none")]
    pub enable_data_check: Option<bool>,
    /// Only at the system default.
    #[serde(rename = "EnableECP", default, skip_serializing_if = "Option::is_none")]
    pub enable_ecp: Option<bool>,
    /// Only at the system default.
    #[serde(rename = "EnableMirror", default, skip_serializing_if = "Option::is_none")]
    pub enable_mirror: Option<bool>,
    /// `EnableNodeJS`.
    #[serde(rename = "EnableNodeJS", default, skip_serializing_if = "Option::is_none")]
    pub enable_node_js: Option<bool>,
    /// `EnableShadows`.
    #[serde(rename = "EnableShadows", default, skip_serializing_if = "Option::is_none")]
    pub enable_shadows: Option<bool>,
    /// Only at the system default.
    #[serde(rename = "EnableSharding", default, skip_serializing_if = "Option::is_none")]
    pub enable_sharding: Option<bool>,
    /// Lets %Service_Monitor through.
    #[serde(rename = "EnableSNMP", default, skip_serializing_if = "Option::is_none")]
    pub enable_snmp: Option<bool>,
    /// `EnableWebLink`.
    #[serde(rename = "EnableWebLink", default, skip_serializing_if = "Option::is_none")]
    pub enable_web_link: Option<bool>,
    /// The TLS configuration that protects; none for that of the gate.
    #[serde(rename = "SSLConfig", default, skip_serializing_if = "Option::is_none")]
    pub ssl_config: Option<String>,
    /// 0 no TLS, 1 TLS is accepted, 2 it is required.
    #[serde(rename = "SSLSupportLevel", default, skip_serializing_if = "Option::is_none")]
    pub ssl_support_level: Option<i64>,
}

/// An object: superserver row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SuperserverRow {
    /// `Port`.
    #[serde(rename = "Port")]
    pub port: i64,
    /// `BindAddress`.
    #[serde(rename = "BindAddress")]
    pub bind_address: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `SystemDefault`.
    #[serde(rename = "SystemDefault")]
    pub system_default: bool,
}

/// An object: user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// `FullName`.
    #[serde(rename = "FullName")]
    pub full_name: String,
    /// `Comment`.
    #[serde(rename = "Comment")]
    pub comment: String,
    /// `EmailAddress`.
    #[serde(rename = "EmailAddress")]
    pub email_address: String,
    /// `PhoneNumber`.
    #[serde(rename = "PhoneNumber")]
    pub phone_number: String,
    /// `PhoneProvider`.
    #[serde(rename = "PhoneProvider")]
    pub phone_provider: String,
    /// `NameSpace`.
    #[serde(rename = "NameSpace")]
    pub name_space: String,
    /// `Routine`.
    #[serde(rename = "Routine")]
    pub routine: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `AccountNeverExpires`.
    #[serde(rename = "AccountNeverExpires")]
    pub account_never_expires: bool,
    /// `PasswordNeverExpires`.
    #[serde(rename = "PasswordNeverExpires")]
    pub password_never_expires: bool,
    /// `ChangePassword`.
    #[serde(rename = "ChangePassword")]
    pub change_password: bool,
    /// `HOTPKeyDisplay`.
    #[serde(rename = "HOTPKeyDisplay")]
    pub hotp_key_display: bool,
    /// Second factors: 1048576 text message, 2097152 one-time password.
    #[serde(rename = "AutheEnabled")]
    pub authe_enabled: i64,
    /// YYYY-MM-DD; empty, or 1840-12-31, for none.
    #[serde(rename = "ExpirationDate")]
    pub expiration_date: String,
    /// Roles of the login, sorted.
    #[serde(rename = "Roles")]
    pub roles: Vec<String>,
    /// Roles to escalate to, sorted.
    #[serde(rename = "EscalationRoles")]
    pub escalation_roles: Vec<String>,
}

/// An object: put user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutUser {
    /// `FullName`.
    #[serde(rename = "FullName", default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// `Comment`.
    #[serde(rename = "Comment", default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `EmailAddress`.
    #[serde(rename = "EmailAddress", default, skip_serializing_if = "Option::is_none")]
    pub email_address: Option<String>,
    /// `PhoneNumber`.
    #[serde(rename = "PhoneNumber", default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// `PhoneProvider`.
    #[serde(rename = "PhoneProvider", default, skip_serializing_if = "Option::is_none")]
    pub phone_provider: Option<String>,
    /// `NameSpace`.
    #[serde(rename = "NameSpace", default, skip_serializing_if = "Option::is_none")]
    pub name_space: Option<String>,
    /// `Routine`.
    #[serde(rename = "Routine", default, skip_serializing_if = "Option::is_none")]
    pub routine: Option<String>,
    /// `Enabled`.
    #[serde(rename = "Enabled", default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `AccountNeverExpires`.
    #[serde(rename = "AccountNeverExpires", default, skip_serializing_if = "Option::is_none")]
    pub account_never_expires: Option<bool>,
    /// `PasswordNeverExpires`.
    #[serde(rename = "PasswordNeverExpires", default, skip_serializing_if = "Option::is_none")]
    pub password_never_expires: Option<bool>,
    /// `ChangePassword`.
    #[serde(rename = "ChangePassword", default, skip_serializing_if = "Option::is_none")]
    pub change_password: Option<bool>,
    /// `HOTPKeyDisplay`.
    #[serde(rename = "HOTPKeyDisplay", default, skip_serializing_if = "Option::is_none")]
    pub hotp_key_display: Option<bool>,
    /// Second factors: 1048576 text message, 2097152 one-time password.
    #[serde(rename = "AutheEnabled", default, skip_serializing_if = "Option::is_none")]
    pub authe_enabled: Option<i64>,
    /// YYYY-MM-DD; empty, or 1840-12-31, for none.
    #[serde(rename = "ExpirationDate", default, skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<String>,
    /// Roles of the login, sorted.
    #[serde(rename = "Roles", default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Roles to escalate to, sorted.
    #[serde(rename = "EscalationRoles", default, skip_serializing_if = "Option::is_none")]
    pub escalation_roles: Option<Vec<String>>,
}

/// An object: post user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostUser {
    /// `User`.
    #[serde(rename = "User")]
    pub user: PutUser,
    /// `Password`.
    #[serde(rename = "Password")]
    pub password: Secret,
}

/// An object: post user password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostUserPassword {
    /// `NewPassword`.
    #[serde(rename = "NewPassword")]
    pub new_password: Secret,
}

/// An object: user row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UserRow {
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `FullName`.
    #[serde(rename = "FullName")]
    pub full_name: String,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `Type`.
    #[serde(rename = "Type")]
    pub r#type: String,
    /// `Namespace`.
    #[serde(rename = "Namespace")]
    pub namespace: String,
    /// `Routine`.
    #[serde(rename = "Routine")]
    pub routine: String,
}

/// An object: web auth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WebAuth {
    /// `AutheUnauthenticated`.
    #[serde(rename = "AutheUnauthenticated")]
    pub authe_unauthenticated: bool,
    /// `AutheOS`.
    #[serde(rename = "AutheOS")]
    pub authe_os: bool,
    /// `AutheOSDelegated`.
    #[serde(rename = "AutheOSDelegated")]
    pub authe_os_delegated: bool,
    /// `AutheOSLDAP`.
    #[serde(rename = "AutheOSLDAP")]
    pub authe_osldap: bool,
    /// Passwords of the instance.
    #[serde(rename = "AutheCache")]
    pub authe_cache: bool,
    /// `AutheDelegated`.
    #[serde(rename = "AutheDelegated")]
    pub authe_delegated: bool,
    /// `AutheAlwaysTryDelegated`.
    #[serde(rename = "AutheAlwaysTryDelegated")]
    pub authe_always_try_delegated: bool,
    /// All of Kerberos.
    #[serde(rename = "AutheKB")]
    pub authe_kb: bool,
    /// `AutheLDAP`.
    #[serde(rename = "AutheLDAP")]
    pub authe_ldap: bool,
    /// `AutheLDAPCache`.
    #[serde(rename = "AutheLDAPCache")]
    pub authe_ldap_cache: bool,
    /// Kept; nobody comes in by it yet.
    #[serde(rename = "AutheOAuth2")]
    pub authe_o_auth2: bool,
    /// Login cookies.
    #[serde(rename = "AutheLoginToken")]
    pub authe_login_token: bool,
    /// `AutheTwoFactorSMS`.
    #[serde(rename = "AutheTwoFactorSMS")]
    pub authe_two_factor_sms: bool,
    /// One-time passwords.
    #[serde(rename = "AutheTwoFactorPW")]
    pub authe_two_factor_pw: bool,
    /// Seconds.
    #[serde(rename = "LoginCookieTimeout")]
    pub login_cookie_timeout: i64,
    /// Seconds.
    #[serde(rename = "TwoFactorTimeout")]
    pub two_factor_timeout: i64,
    /// `SMTPServer`.
    #[serde(rename = "SMTPServer")]
    pub smtp_server: String,
    /// `SMTPUsername`.
    #[serde(rename = "SMTPUsername")]
    pub smtp_username: String,
    /// `TwoFactorFrom`.
    #[serde(rename = "TwoFactorFrom")]
    pub two_factor_from: String,
    /// `JWTIssuer`.
    #[serde(rename = "JWTIssuer")]
    pub jwt_issuer: String,
    /// `JWTSigAlg`.
    #[serde(rename = "JWTSigAlg")]
    pub jwt_sig_alg: String,
}

/// An object: put web auth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutWebAuth {
    /// `AutheUnauthenticated`.
    #[serde(rename = "AutheUnauthenticated", default, skip_serializing_if = "Option::is_none")]
    pub authe_unauthenticated: Option<bool>,
    /// `AutheOS`.
    #[serde(rename = "AutheOS", default, skip_serializing_if = "Option::is_none")]
    pub authe_os: Option<bool>,
    /// `AutheOSDelegated`.
    #[serde(rename = "AutheOSDelegated", default, skip_serializing_if = "Option::is_none")]
    pub authe_os_delegated: Option<bool>,
    /// `AutheOSLDAP`.
    #[serde(rename = "AutheOSLDAP", default, skip_serializing_if = "Option::is_none")]
    pub authe_osldap: Option<bool>,
    /// Passwords of the instance.
    #[serde(rename = "AutheCache", default, skip_serializing_if = "Option::is_none")]
    pub authe_cache: Option<bool>,
    /// `AutheDelegated`.
    #[serde(rename = "AutheDelegated", default, skip_serializing_if = "Option::is_none")]
    pub authe_delegated: Option<bool>,
    /// `AutheAlwaysTryDelegated`.
    #[serde(rename = "AutheAlwaysTryDelegated", default, skip_serializing_if = "Option::is_none")]
    pub authe_always_try_delegated: Option<bool>,
    /// All of Kerberos.
    #[serde(rename = "AutheKB", default, skip_serializing_if = "Option::is_none")]
    pub authe_kb: Option<bool>,
    /// `AutheLDAP`.
    #[serde(rename = "AutheLDAP", default, skip_serializing_if = "Option::is_none")]
    pub authe_ldap: Option<bool>,
    /// `AutheLDAPCache`.
    #[serde(rename = "AutheLDAPCache", default, skip_serializing_if = "Option::is_none")]
    pub authe_ldap_cache: Option<bool>,
    /// Kept; nobody comes in by it yet.
    #[serde(rename = "AutheOAuth2", default, skip_serializing_if = "Option::is_none")]
    pub authe_o_auth2: Option<bool>,
    /// Login cookies.
    #[serde(rename = "AutheLoginToken", default, skip_serializing_if = "Option::is_none")]
    pub authe_login_token: Option<bool>,
    /// `AutheTwoFactorSMS`.
    #[serde(rename = "AutheTwoFactorSMS", default, skip_serializing_if = "Option::is_none")]
    pub authe_two_factor_sms: Option<bool>,
    /// One-time passwords.
    #[serde(rename = "AutheTwoFactorPW", default, skip_serializing_if = "Option::is_none")]
    pub authe_two_factor_pw: Option<bool>,
    /// Seconds.
    #[serde(rename = "LoginCookieTimeout", default, skip_serializing_if = "Option::is_none")]
    pub login_cookie_timeout: Option<i64>,
    /// Seconds.
    #[serde(rename = "TwoFactorTimeout", default, skip_serializing_if = "Option::is_none")]
    pub two_factor_timeout: Option<i64>,
    /// `SMTPServer`.
    #[serde(rename = "SMTPServer", default, skip_serializing_if = "Option::is_none")]
    pub smtp_server: Option<String>,
    /// `SMTPUsername`.
    #[serde(rename = "SMTPUsername", default, skip_serializing_if = "Option::is_none")]
    pub smtp_username: Option<String>,
    /// `TwoFactorFrom`.
    #[serde(rename = "TwoFactorFrom", default, skip_serializing_if = "Option::is_none")]
    pub two_factor_from: Option<String>,
    /// `JWTIssuer`.
    #[serde(rename = "JWTIssuer", default, skip_serializing_if = "Option::is_none")]
    pub jwt_issuer: Option<String>,
    /// `JWTSigAlg`.
    #[serde(rename = "JWTSigAlg", default, skip_serializing_if = "Option::is_none")]
    pub jwt_sig_alg: Option<String>,
}

/// An object: post web auth smtp password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostWebAuthSmtpPassword {
    /// Empty for none; it is kept sealed.
    #[serde(rename = "SMPTPPassword")]
    pub smptp_password: Secret,
}

/// An object: web app.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WebApp {
    /// The bits of the mechanisms that it allows.
    #[serde(rename = "AutheEnabled")]
    pub authe_enabled: i64,
    /// `Enabled`.
    #[serde(rename = "Enabled")]
    pub enabled: bool,
    /// `AutoCompile`.
    #[serde(rename = "AutoCompile")]
    pub auto_compile: bool,
    /// `CorsCredentialsAllowed`.
    #[serde(rename = "CorsCredentialsAllowed")]
    pub cors_credentials_allowed: bool,
    /// `CSPZENEnabled`.
    #[serde(rename = "CSPZENEnabled")]
    pub cspzen_enabled: bool,
    /// `CSRFToken`.
    #[serde(rename = "CSRFToken")]
    pub csrf_token: bool,
    /// `DeepSeeEnabled`.
    #[serde(rename = "DeepSeeEnabled")]
    pub deep_see_enabled: bool,
    /// `iKnowEnabled`.
    #[serde(rename = "iKnowEnabled")]
    pub i_know_enabled: bool,
    /// `InbndWebServicesEnabled`.
    #[serde(rename = "InbndWebServicesEnabled")]
    pub inbnd_web_services_enabled: bool,
    /// `IsNameSpaceDefault`.
    #[serde(rename = "IsNameSpaceDefault")]
    pub is_name_space_default: bool,
    /// `JWTAuthEnabled`.
    #[serde(rename = "JWTAuthEnabled")]
    pub jwt_auth_enabled: bool,
    /// `LockCSPName`.
    #[serde(rename = "LockCSPName")]
    pub lock_csp_name: bool,
    /// `Recurse`.
    #[serde(rename = "Recurse")]
    pub recurse: bool,
    /// `RedirectEmptyPath`.
    #[serde(rename = "RedirectEmptyPath")]
    pub redirect_empty_path: bool,
    /// `TraceEnabled`.
    #[serde(rename = "TraceEnabled")]
    pub trace_enabled: bool,
    /// `TwoFactorEnabled`.
    #[serde(rename = "TwoFactorEnabled")]
    pub two_factor_enabled: bool,
    /// `WSGIDebug`.
    #[serde(rename = "WSGIDebug")]
    pub wsgi_debug: bool,
    /// Seconds.
    #[serde(rename = "JWTAccessTokenTimeout")]
    pub jwt_access_token_timeout: i64,
    /// Seconds.
    #[serde(rename = "JWTRefreshTokenTimeout")]
    pub jwt_refresh_token_timeout: i64,
    /// Seconds.
    #[serde(rename = "ServeFilesTimeout")]
    pub serve_files_timeout: i64,
    /// Seconds.
    #[serde(rename = "Timeout")]
    pub timeout: i64,
    /// `ServeFiles`.
    #[serde(rename = "ServeFiles")]
    pub serve_files: String,
    /// `UseCookies`.
    #[serde(rename = "UseCookies")]
    pub use_cookies: String,
    /// `SessionScope`.
    #[serde(rename = "SessionScope")]
    pub session_scope: String,
    /// `UserCookieScope`.
    #[serde(rename = "UserCookieScope")]
    pub user_cookie_scope: String,
    /// `CorsAllowlist`.
    #[serde(rename = "CorsAllowlist")]
    pub cors_allowlist: Vec<String>,
    /// `CorsHeadersList`.
    #[serde(rename = "CorsHeadersList")]
    pub cors_headers_list: Vec<String>,
    /// An empty MatchRole gives the targets to everybody who enters.
    #[serde(rename = "MatchRoles")]
    pub match_roles: Vec<PrivilegedRoutineMatchRole>,
    /// `WSGIType`.
    #[serde(rename = "WSGIType")]
    pub wsgi_type: String,
    /// `ChangePasswordPage`.
    #[serde(rename = "ChangePasswordPage")]
    pub change_password_page: String,
    /// `CookiePath`.
    #[serde(rename = "CookiePath")]
    pub cookie_path: String,
    /// `Description`.
    #[serde(rename = "Description")]
    pub description: String,
    /// `DispatchClass`.
    #[serde(rename = "DispatchClass")]
    pub dispatch_class: String,
    /// `ErrorPage`.
    #[serde(rename = "ErrorPage")]
    pub error_page: String,
    /// `EventClass`.
    #[serde(rename = "EventClass")]
    pub event_class: String,
    /// `GroupById`.
    #[serde(rename = "GroupById")]
    pub group_by_id: String,
    /// `LoginPage`.
    #[serde(rename = "LoginPage")]
    pub login_page: String,
    /// `NameSpace`.
    #[serde(rename = "NameSpace")]
    pub name_space: String,
    /// `Package`.
    #[serde(rename = "Package")]
    pub package: String,
    /// `Path`.
    #[serde(rename = "Path")]
    pub path: String,
    /// `PermittedClasses`.
    #[serde(rename = "PermittedClasses")]
    pub permitted_classes: String,
    /// `Resource`.
    #[serde(rename = "Resource")]
    pub resource: String,
    /// `SuperClass`.
    #[serde(rename = "SuperClass")]
    pub super_class: String,
    /// `WSGIAppLocation`.
    #[serde(rename = "WSGIAppLocation")]
    pub wsgi_app_location: String,
    /// `WSGIAppName`.
    #[serde(rename = "WSGIAppName")]
    pub wsgi_app_name: String,
    /// `WSGICallable`.
    #[serde(rename = "WSGICallable")]
    pub wsgi_callable: String,
}

/// A word: put web app serve files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutWebAppServeFiles {
    /// `Never`.
    #[serde(rename = "Never")]
    #[default]
    Never,
    /// `Always`.
    #[serde(rename = "Always")]
    Always,
    /// `Always and cached`.
    #[serde(rename = "Always and cached")]
    AlwaysAndCached,
    /// `Use CSP security`.
    #[serde(rename = "Use CSP security")]
    UseCspSecurity,
}

/// A word: put web app use cookies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutWebAppUseCookies {
    /// `Never`.
    #[serde(rename = "Never")]
    #[default]
    Never,
    /// `AutoDetect`.
    #[serde(rename = "AutoDetect")]
    AutoDetect,
    /// `Always`.
    #[serde(rename = "Always")]
    Always,
}

/// A word: put web app session scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutWebAppSessionScope {
    /// `None`.
    #[serde(rename = "None")]
    #[default]
    None,
    /// `Lax`.
    #[serde(rename = "Lax")]
    Lax,
    /// `Strict`.
    #[serde(rename = "Strict")]
    Strict,
}

/// A word: put web app wsgi type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PutWebAppWsgiType {
    /// `WSGI`.
    #[serde(rename = "WSGI")]
    #[default]
    Wsgi,
    /// `ASGI`.
    #[serde(rename = "ASGI")]
    Asgi,
}

/// An object: put web app.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PutWebApp {
    /// The bits of the mechanisms that it allows.
    #[serde(rename = "AutheEnabled", default, skip_serializing_if = "Option::is_none")]
    pub authe_enabled: Option<i64>,
    /// `Enabled`.
    #[serde(rename = "Enabled", default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `AutoCompile`.
    #[serde(rename = "AutoCompile", default, skip_serializing_if = "Option::is_none")]
    pub auto_compile: Option<bool>,
    /// `CorsCredentialsAllowed`.
    #[serde(rename = "CorsCredentialsAllowed", default, skip_serializing_if = "Option::is_none")]
    pub cors_credentials_allowed: Option<bool>,
    /// `CSPZENEnabled`.
    #[serde(rename = "CSPZENEnabled", default, skip_serializing_if = "Option::is_none")]
    pub cspzen_enabled: Option<bool>,
    /// `CSRFToken`.
    #[serde(rename = "CSRFToken", default, skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<bool>,
    /// `DeepSeeEnabled`.
    #[serde(rename = "DeepSeeEnabled", default, skip_serializing_if = "Option::is_none")]
    pub deep_see_enabled: Option<bool>,
    /// `iKnowEnabled`.
    #[serde(rename = "iKnowEnabled", default, skip_serializing_if = "Option::is_none")]
    pub i_know_enabled: Option<bool>,
    /// `InbndWebServicesEnabled`.
    #[serde(rename = "InbndWebServicesEnabled", default, skip_serializing_if = "Option::is_none")]
    pub inbnd_web_services_enabled: Option<bool>,
    /// `IsNameSpaceDefault`.
    #[serde(rename = "IsNameSpaceDefault", default, skip_serializing_if = "Option::is_none")]
    pub is_name_space_default: Option<bool>,
    /// `JWTAuthEnabled`.
    #[serde(rename = "JWTAuthEnabled", default, skip_serializing_if = "Option::is_none")]
    pub jwt_auth_enabled: Option<bool>,
    /// `LockCSPName`.
    #[serde(rename = "LockCSPName", default, skip_serializing_if = "Option::is_none")]
    pub lock_csp_name: Option<bool>,
    /// `Recurse`.
    #[serde(rename = "Recurse", default, skip_serializing_if = "Option::is_none")]
    pub recurse: Option<bool>,
    /// `RedirectEmptyPath`.
    #[serde(rename = "RedirectEmptyPath", default, skip_serializing_if = "Option::is_none")]
    pub redirect_empty_path: Option<bool>,
    /// `TraceEnabled`.
    #[serde(rename = "TraceEnabled", default, skip_serializing_if = "Option::is_none")]
    pub trace_enabled: Option<bool>,
    /// `TwoFactorEnabled`.
    #[serde(rename = "TwoFactorEnabled", default, skip_serializing_if = "Option::is_none")]
    pub two_factor_enabled: Option<bool>,
    /// `WSGIDebug`.
    #[serde(rename = "WSGIDebug", default, skip_serializing_if = "Option::is_none")]
    pub wsgi_debug: Option<bool>,
    /// Seconds.
    #[serde(rename = "JWTAccessTokenTimeout", default, skip_serializing_if = "Option::is_none")]
    pub jwt_access_token_timeout: Option<i64>,
    /// Seconds.
    #[serde(rename = "JWTRefreshTokenTimeout", default, skip_serializing_if = "Option::is_none")]
    pub jwt_refresh_token_timeout: Option<i64>,
    /// Seconds.
    #[serde(rename = "ServeFilesTimeout", default, skip_serializing_if = "Option::is_none")]
    pub serve_files_timeout: Option<i64>,
    /// Seconds.
    #[serde(rename = "Timeout", default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<i64>,
    /// `ServeFiles`.
    #[serde(rename = "ServeFiles", default, skip_serializing_if = "Option::is_none")]
    pub serve_files: Option<PutWebAppServeFiles>,
    /// `UseCookies`.
    #[serde(rename = "UseCookies", default, skip_serializing_if = "Option::is_none")]
    pub use_cookies: Option<PutWebAppUseCookies>,
    /// `SessionScope`.
    #[serde(rename = "SessionScope", default, skip_serializing_if = "Option::is_none")]
    pub session_scope: Option<PutWebAppSessionScope>,
    /// `UserCookieScope`.
    #[serde(rename = "UserCookieScope", default, skip_serializing_if = "Option::is_none")]
    pub user_cookie_scope: Option<PutWebAppSessionScope>,
    /// `CorsAllowlist`.
    #[serde(rename = "CorsAllowlist", default, skip_serializing_if = "Option::is_none")]
    pub cors_allowlist: Option<Vec<String>>,
    /// `CorsHeadersList`.
    #[serde(rename = "CorsHeadersList", default, skip_serializing_if = "Option::is_none")]
    pub cors_headers_list: Option<Vec<String>>,
    /// An empty MatchRole gives the targets to everybody who enters.
    #[serde(rename = "MatchRoles", default, skip_serializing_if = "Option::is_none")]
    pub match_roles: Option<Vec<PrivilegedRoutineMatchRole>>,
    /// `WSGIType`.
    #[serde(rename = "WSGIType", default, skip_serializing_if = "Option::is_none")]
    pub wsgi_type: Option<PutWebAppWsgiType>,
    /// `ChangePasswordPage`.
    #[serde(rename = "ChangePasswordPage", default, skip_serializing_if = "Option::is_none")]
    pub change_password_page: Option<String>,
    /// `CookiePath`.
    #[serde(rename = "CookiePath", default, skip_serializing_if = "Option::is_none")]
    pub cookie_path: Option<String>,
    /// `Description`.
    #[serde(rename = "Description", default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `DispatchClass`.
    #[serde(rename = "DispatchClass", default, skip_serializing_if = "Option::is_none")]
    pub dispatch_class: Option<String>,
    /// `ErrorPage`.
    #[serde(rename = "ErrorPage", default, skip_serializing_if = "Option::is_none")]
    pub error_page: Option<String>,
    /// `EventClass`.
    #[serde(rename = "EventClass", default, skip_serializing_if = "Option::is_none")]
    pub event_class: Option<String>,
    /// `GroupById`.
    #[serde(rename = "GroupById", default, skip_serializing_if = "Option::is_none")]
    pub group_by_id: Option<String>,
    /// `LoginPage`.
    #[serde(rename = "LoginPage", default, skip_serializing_if = "Option::is_none")]
    pub login_page: Option<String>,
    /// `NameSpace`.
    #[serde(rename = "NameSpace", default, skip_serializing_if = "Option::is_none")]
    pub name_space: Option<String>,
    /// `Package`.
    #[serde(rename = "Package", default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// `Path`.
    #[serde(rename = "Path", default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `PermittedClasses`.
    #[serde(rename = "PermittedClasses", default, skip_serializing_if = "Option::is_none")]
    pub permitted_classes: Option<String>,
    /// `Resource`.
    #[serde(rename = "Resource", default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// `SuperClass`.
    #[serde(rename = "SuperClass", default, skip_serializing_if = "Option::is_none")]
    pub super_class: Option<String>,
    /// `WSGIAppLocation`.
    #[serde(rename = "WSGIAppLocation", default, skip_serializing_if = "Option::is_none")]
    pub wsgi_app_location: Option<String>,
    /// `WSGIAppName`.
    #[serde(rename = "WSGIAppName", default, skip_serializing_if = "Option::is_none")]
    pub wsgi_app_name: Option<String>,
    /// `WSGICallable`.
    #[serde(rename = "WSGICallable", default, skip_serializing_if = "Option::is_none")]
    pub wsgi_callable: Option<String>,
    /// `Type`.
    #[serde(rename = "Type", default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<i64>,
}

/// An object: web session row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WebSessionRow {
    /// `ID`.
    #[serde(rename = "ID")]
    pub id: String,
    /// `Username`.
    #[serde(rename = "Username")]
    pub username: String,
    /// `Preserve`.
    #[serde(rename = "Preserve")]
    pub preserve: i64,
    /// `Application`.
    #[serde(rename = "Application")]
    pub application: String,
    /// `Timeout`.
    #[serde(rename = "Timeout")]
    pub timeout: String,
    /// `LicenseId`.
    #[serde(rename = "LicenseId")]
    pub license_id: String,
    /// `SesProcessId`.
    #[serde(rename = "SesProcessId")]
    pub ses_process_id: String,
    /// `AllowEndSession`.
    #[serde(rename = "AllowEndSession")]
    pub allow_end_session: bool,
}

/// An object: post check one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostCheckOne {
    /// The name of a resource.
    #[serde(rename = "Resource")]
    pub resource: String,
    /// Such as READ,WRITE or RW; without it what is held is told.
    #[serde(rename = "Permissions", default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<String>,
    /// Whom it is about; without it whoever asks.
    #[serde(rename = "User", default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// One of several: post check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PostCheck {
    /// many.
    Many(Vec<PostCheckOne>),
    /// one.
    One(PostCheckOne),
}

/// An object: check one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckOne {
    /// What is held, where no permissions were asked about.
    #[serde(rename = "Permissions", default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<String>,
    /// Whether all are held that were asked about.
    #[serde(rename = "Granted", default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<bool>,
}

/// One of several: check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Check {
    /// many.
    Many(Vec<CheckOne>),
    /// one.
    One(CheckOne),
}

/// An object: post explain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostExplain {
    /// `User`.
    #[serde(rename = "User")]
    pub user: String,
    /// Such as Ward_Chart:W.
    #[serde(rename = "Privilege")]
    pub privilege: String,
}

/// An object: session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// `Username`.
    #[serde(rename = "Username")]
    pub username: String,
    /// A comma list.
    #[serde(rename = "Roles")]
    pub roles: String,
    /// How the session came in.
    #[serde(rename = "Door")]
    pub door: String,
    /// What whoever signed in is to be warned of.
    #[serde(rename = "Warning", default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}

/// An object: post simulate service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSimulateService {
    /// The service that would be called.
    #[serde(rename = "Service")]
    pub service: String,
    /// Who would come, with a right password.
    #[serde(rename = "User")]
    pub user: String,
    /// The address it would come from.
    #[serde(rename = "Peer", default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// The web application that would be wanted.
    #[serde(rename = "Application", default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
}

/// A word: post simulate changes change put resource action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostSimulateChangesChangePutResourceAction {
    /// `put`.
    #[serde(rename = "put")]
    #[default]
    Put,
}

/// A word: post simulate changes change put resource kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostSimulateChangesChangePutResourceKind {
    /// `resource`.
    #[serde(rename = "resource")]
    #[default]
    Resource,
}

/// An object: post simulate changes change put resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSimulateChangesChangePutResource {
    /// `Action`.
    #[serde(rename = "Action")]
    pub action: PostSimulateChangesChangePutResourceAction,
    /// `Kind`.
    #[serde(rename = "Kind")]
    pub kind: PostSimulateChangesChangePutResourceKind,
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// What the operation of `/api/admin` takes; what is not named stays as it is.
    #[serde(rename = "Properties")]
    pub properties: PutResource,
}

/// A word: post simulate changes change put role kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostSimulateChangesChangePutRoleKind {
    /// `role`.
    #[serde(rename = "role")]
    #[default]
    Role,
}

/// An object: post simulate changes change put role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSimulateChangesChangePutRole {
    /// `Action`.
    #[serde(rename = "Action")]
    pub action: PostSimulateChangesChangePutResourceAction,
    /// `Kind`.
    #[serde(rename = "Kind")]
    pub kind: PostSimulateChangesChangePutRoleKind,
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// What the operation of `/api/admin` takes; what is not named stays as it is.
    #[serde(rename = "Properties")]
    pub properties: PutRole,
}

/// A word: post simulate changes change put user kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostSimulateChangesChangePutUserKind {
    /// `user`.
    #[serde(rename = "user")]
    #[default]
    User,
}

/// An object: post simulate changes change put user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSimulateChangesChangePutUser {
    /// `Action`.
    #[serde(rename = "Action")]
    pub action: PostSimulateChangesChangePutResourceAction,
    /// `Kind`.
    #[serde(rename = "Kind")]
    pub kind: PostSimulateChangesChangePutUserKind,
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// What the operation of `/api/admin` takes; what is not named stays as it is.
    #[serde(rename = "Properties")]
    pub properties: PutUser,
}

/// A word: post simulate changes change delete action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostSimulateChangesChangeDeleteAction {
    /// `delete`.
    #[serde(rename = "delete")]
    #[default]
    Delete,
}

/// A word: post simulate changes change delete kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostSimulateChangesChangeDeleteKind {
    /// `resource`.
    #[serde(rename = "resource")]
    #[default]
    Resource,
    /// `role`.
    #[serde(rename = "role")]
    Role,
    /// `user`.
    #[serde(rename = "user")]
    User,
}

/// An object: post simulate changes change delete.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSimulateChangesChangeDelete {
    /// `Action`.
    #[serde(rename = "Action")]
    pub action: PostSimulateChangesChangeDeleteAction,
    /// `Kind`.
    #[serde(rename = "Kind")]
    pub kind: PostSimulateChangesChangeDeleteKind,
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
}

/// One of several: post simulate changes change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PostSimulateChangesChange {
    /// put resource.
    PutResource(PostSimulateChangesChangePutResource),
    /// put role.
    PutRole(PostSimulateChangesChangePutRole),
    /// put user.
    PutUser(PostSimulateChangesChangePutUser),
    /// delete.
    Delete(PostSimulateChangesChangeDelete),
}

/// An object: post simulate changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PostSimulateChanges {
    /// Made in order, as one: if a rule refuses one of them, none could be made.
    #[serde(rename = "Changes")]
    pub changes: Vec<PostSimulateChangesChange>,
}

/// One of several: post simulate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PostSimulate {
    /// service.
    Service(PostSimulateService),
    /// changes.
    Changes(PostSimulateChanges),
}

/// An object: simulate admitted step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulateAdmittedStep {
    /// `Step`.
    #[serde(rename = "Step")]
    pub step: String,
    /// `Outcome`.
    #[serde(rename = "Outcome")]
    pub outcome: String,
    /// `Found`.
    #[serde(rename = "Found")]
    pub found: String,
}

/// An object: simulate admitted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulateAdmitted {
    /// `Admitted`.
    #[serde(rename = "Admitted")]
    pub admitted: bool,
    /// `Username`.
    #[serde(rename = "Username")]
    pub username: String,
    /// `Roles`.
    #[serde(rename = "Roles")]
    pub roles: String,
    /// What the caller would be told.
    #[serde(rename = "Told")]
    pub told: String,
    /// Why, which no caller is told.
    #[serde(rename = "Reason")]
    pub reason: String,
    /// `Steps`.
    #[serde(rename = "Steps")]
    pub steps: Vec<SimulateAdmittedStep>,
}

/// An object: simulate plan plan property.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatePlanPlanProperty {
    /// `Property`.
    #[serde(rename = "Property")]
    pub property: String,
    /// `OldValue`.
    #[serde(rename = "OldValue")]
    pub old_value: String,
    /// `NewValue`.
    #[serde(rename = "NewValue")]
    pub new_value: String,
}

/// An object: simulate plan plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatePlanPlan {
    /// `Action`.
    #[serde(rename = "Action")]
    pub action: String,
    /// `Kind`.
    #[serde(rename = "Kind")]
    pub kind: String,
    /// `Name`.
    #[serde(rename = "Name")]
    pub name: String,
    /// `Properties`.
    #[serde(rename = "Properties")]
    pub properties: Vec<SimulatePlanPlanProperty>,
}

/// An object: simulate plan effect gain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatePlanEffectGain {
    /// `Resource`.
    #[serde(rename = "Resource")]
    pub resource: String,
    /// `Permissions`.
    #[serde(rename = "Permissions")]
    pub permissions: String,
}

/// An object: simulate plan effect.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatePlanEffect {
    /// It is about all, by what is public.
    #[serde(rename = "Everybody")]
    pub everybody: bool,
    /// The first of them.
    #[serde(rename = "Users")]
    pub users: Vec<String>,
    /// `Count`.
    #[serde(rename = "Count")]
    pub count: i64,
    /// Null where nobody could log in.
    #[serde(rename = "RolesBefore")]
    pub roles_before: Option<Vec<String>>,
    /// Null where nobody could log in.
    #[serde(rename = "RolesAfter")]
    pub roles_after: Option<Vec<String>>,
    /// The resource `*` is everything.
    #[serde(rename = "Gains")]
    pub gains: Vec<SimulatePlanEffectGain>,
    /// `Loses`.
    #[serde(rename = "Loses")]
    pub loses: Vec<SimulatePlanEffectGain>,
}

/// An object: simulate plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SimulatePlan {
    /// What the journal would say.
    #[serde(rename = "Plan")]
    pub plan: Vec<SimulatePlanPlan>,
    /// Who would gain and lose what; those who gain and lose the same are told together.
    #[serde(rename = "Effects")]
    pub effects: Vec<SimulatePlanEffect>,
}

/// One of several: simulate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Simulate {
    /// admitted.
    Admitted(SimulateAdmitted),
    /// plan.
    Plan(SimulatePlan),
}
