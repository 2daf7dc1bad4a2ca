--
-- PostgreSQL database dump
--

\restrict S1d6BrERqxKaYFmZcPD3Xn6qByy9DgkugPLqBz0YlWajxRYvdhkCxTqGa8xj7GG

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: registry; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA registry;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: connections; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.connections (
    source_id character varying(32) NOT NULL,
    destination_id character varying(32) NOT NULL,
    workspace_id character varying(32) NOT NULL
);


--
-- Name: destinations; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.destinations (
    id character varying(32) NOT NULL,
    workspace_id character varying(32) NOT NULL,
    name character varying(120) NOT NULL,
    instance_id character varying(32) NOT NULL,
    enabled boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);


--
-- Name: functions; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.functions (
    id character varying(32) NOT NULL,
    workspace_id character varying(32) NOT NULL,
    name character varying(120) NOT NULL,
    kind integer NOT NULL,
    language integer NOT NULL,
    isolation integer NOT NULL,
    description text NOT NULL,
    definitions json NOT NULL,
    latest_version_id character varying(32) NOT NULL,
    deployed_version_id character varying(32) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);


--
-- Name: instances; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.instances (
    id character varying(32) NOT NULL,
    workspace_id character varying(32) NOT NULL,
    function_id character varying(32) NOT NULL,
    version_id character varying(32) NOT NULL,
    settings json NOT NULL,
    sensitive_settings json NOT NULL,
    settings_revision integer NOT NULL
);


--
-- Name: outbox; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.outbox (
    id bigint NOT NULL,
    action character varying(16) NOT NULL,
    key character varying(128) NOT NULL,
    value bytea NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: registry; Owner: -
--

CREATE SEQUENCE registry.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: outbox_id_seq; Type: SEQUENCE OWNED BY; Schema: registry; Owner: -
--

ALTER SEQUENCE registry.outbox_id_seq OWNED BY registry.outbox.id;


--
-- Name: registry_version; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.registry_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: requests; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.requests (
    workspace_id character varying(32) NOT NULL,
    method character varying(64) NOT NULL,
    request_id character varying(128) NOT NULL,
    answer bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);


--
-- Name: sources; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.sources (
    id character varying(32) NOT NULL,
    workspace_id character varying(32) NOT NULL,
    name character varying(120) NOT NULL,
    instance_id character varying(32),
    enabled boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);


--
-- Name: tokens; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.tokens (
    id character varying(32) NOT NULL,
    workspace_id character varying(32) NOT NULL,
    digest character varying(64) NOT NULL,
    source_id character varying(32),
    roles json NOT NULL,
    created_at timestamp with time zone NOT NULL
);


--
-- Name: versions; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.versions (
    id character varying(32) NOT NULL,
    workspace_id character varying(32) NOT NULL,
    function_id character varying(32) NOT NULL,
    number integer NOT NULL,
    code text NOT NULL,
    code_bytes integer NOT NULL,
    code_digest character varying(64) NOT NULL,
    handlers json NOT NULL,
    author character varying(32) NOT NULL,
    message text NOT NULL,
    created_at timestamp with time zone NOT NULL
);


--
-- Name: workspaces; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.workspaces (
    id character varying(32) NOT NULL,
    name character varying(120) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    config json DEFAULT '{}'::json NOT NULL
);


--
-- Name: outbox id; Type: DEFAULT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.outbox ALTER COLUMN id SET DEFAULT nextval('registry.outbox_id_seq'::regclass);


--
-- Data for Name: connections; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.connections VALUES
	('src_01m7zc9m297b4yzx2wv7y8dqbj', 'dst_01m7zc9m83xwveag7v2k95jgzg', 'ws_01m7zc9kef6wed1dt0a0exa091');


--
-- Data for Name: destinations; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.destinations VALUES
	('dst_01m7zc9m83xwveag7v2k95jgzg', 'ws_01m7zc9kef6wed1dt0a0exa091', 'Turbine', 'ins_01m7zc9m4nak5cntp2fxcvdp62', true, '2026-11-21 15:41:13.859293+00', '2026-11-21 15:41:14.310996+00');


--
-- Data for Name: functions; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.functions VALUES
	('fn_01m7zc9kk12sehqqb1p5waq3hf', 'ws_01m7zc9kef6wed1dt0a0exa091', 'Gate', 2, 1, 1, '', '[{"name": "key", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": true, "default": null}, {"name": "place", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": false, "default": null}]', 'ver_01m7zc9kx13ser9hk6r7q0qmrd', '', '2026-11-21 15:41:13.185905+00', '2026-11-21 15:41:13.529698+00'),
	('fn_01m7zc9m15hwqc9k63d50nrxxw', 'ws_01m7zc9kef6wed1dt0a0exa091', 'Well', 1, 1, 1, '', '[]', 'ver_01m7zc9m16pf033x6sz7devh5k', '', '2026-11-21 15:41:13.637334+00', '2026-11-21 15:41:13.637334+00');


--
-- Data for Name: instances; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.instances VALUES
	('ins_01m7zc9m25m6sbt748xpbbsn1d', 'ws_01m7zc9kef6wed1dt0a0exa091', 'fn_01m7zc9m15hwqc9k63d50nrxxw', 'ver_01m7zc9m16pf033x6sz7devh5k', '{}', '[]', 1),
	('ins_01m7zc9m4nak5cntp2fxcvdp62', 'ws_01m7zc9kef6wed1dt0a0exa091', 'fn_01m7zc9kk12sehqqb1p5waq3hf', 'ver_01m7zc9kx13ser9hk6r7q0qmrd', '{"place": "the valley"}', '["key"]', 1);


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.outbox VALUES
	(11, 'instance', 'instance.ins_01m7zc9m25m6sbt748xpbbsn1d', '\x0a1e696e735f30316d377a63396d32356d3673627437343878706262736e3164121d77735f30316d377a63396b6566367765643164743061306578613039311a1d666e5f30316d377a63396d313568777163396b36336435306e72787877220457656c6c2801321e7665725f30316d377a63396d313670663033337836737a3764657668356b38014240303730386136643330613864636333643538333432343362343232623233363865346163313531346335646666363366613636613834353762653335623236314a096f6e5265717565737452027b7d60016801'),
	(12, 'source', 'source.src_01m7zc9m297b4yzx2wv7y8dqbj', '\x0a1e7372635f30316d377a63396d3239376234797a783277763779386471626a121d77735f30316d377a63396b6566367765643164743061306578613039311a06537072696e6720012add010a1e696e735f30316d377a63396d32356d3673627437343878706262736e3164121d77735f30316d377a63396b6566367765643164743061306578613039311a1d666e5f30316d377a63396d313568777163396b36336435306e72787877220457656c6c2801321e7665725f30316d377a63396d313670663033337836737a3764657668356b38014240303730386136643330613864636333643538333432343362343232623233363865346163313531346335646666363366613636613834353762653335623236314a096f6e5265717565737452027b7d60016801321e6473745f30316d377a63396d38337877766561673776326b39356a677a67'),
	(13, 'instance', 'instance.ins_01m7zc9m4nak5cntp2fxcvdp62', '\x0a1e696e735f30316d377a63396d346e616b35636e7470326678637664703632121d77735f30316d377a63396b6566367765643164743061306578613039311a1d666e5f30316d377a63396b6b31327365687171623170357761713368662204476174652802321e7665725f30316d377a63396b78313373657239686b3672377130716d726438014240373764613166326531613465346135383265306434393239343439656663663438383063303666626533303566383261366337626331353534623532646332314a076f6e547261636b52167b22706c616365223a227468652076616c6c6579227d5a036b657960016801'),
	(14, 'destination', 'destination.dst_01m7zc9m83xwveag7v2k95jgzg', '\x0a1e6473745f30316d377a63396d38337877766561673776326b39356a677a67121d77735f30316d377a63396b6566367765643164743061306578613039311a0754757262696e6520012af4010a1e696e735f30316d377a63396d346e616b35636e7470326678637664703632121d77735f30316d377a63396b6566367765643164743061306578613039311a1d666e5f30316d377a63396b6b31327365687171623170357761713368662204476174652802321e7665725f30316d377a63396b78313373657239686b3672377130716d726438014240373764613166326531613465346135383265306434393239343439656663663438383063303666626533303566383261366337626331353534623532646332314a076f6e547261636b52167b22706c616365223a227468652076616c6c6579227d5a036b657960016801');


--
-- Data for Name: registry_version; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.registry_version VALUES
	('0002');


--
-- Data for Name: requests; Type: TABLE DATA; Schema: registry; Owner: -
--



--
-- Data for Name: sources; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.sources VALUES
	('src_01m7zc9m297b4yzx2wv7y8dqbj', 'ws_01m7zc9kef6wed1dt0a0exa091', 'Spring', 'ins_01m7zc9m25m6sbt748xpbbsn1d', true, '2026-11-21 15:41:13.6733+00', '2026-11-21 15:41:13.6733+00');


--
-- Data for Name: tokens; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.tokens VALUES
	('tok_01m7zc9kegz5p4jcxs58e9570j', 'ws_01m7zc9kef6wed1dt0a0exa091', 'recordedd54e7f8fc1960fca00c670bc33c12d73f4917e88d62fa72f8931f5d0', NULL, '[1]', '2026-11-21 15:41:13.03983+00'),
	('tok_01m7zc9m35n3pg8pd5v8wxs7ks', 'ws_01m7zc9kef6wed1dt0a0exa091', 'recordeda2b99c40c739bfff163720595b586191dc1a89475d9857b79a34ab3a', 'src_01m7zc9m297b4yzx2wv7y8dqbj', '[]', '2026-11-21 15:41:13.701598+00');


--
-- Data for Name: versions; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.versions VALUES
	('ver_01m7zc9kk3kc66radjaqf6x00x', 'ws_01m7zc9kef6wed1dt0a0exa091', 'fn_01m7zc9kk12sehqqb1p5waq3hf', 1, 'async function onTrack(event, settings) {}', 42, '793e4e7d404dd22b253358f0d1960e34232c6dac62c2725decd9131f31eb79bc', '["onTrack"]', 'tok_owner', '', '2026-11-21 15:41:13.187936+00'),
	('ver_01m7zc9kx13ser9hk6r7q0qmrd', 'ws_01m7zc9kef6wed1dt0a0exa091', 'fn_01m7zc9kk12sehqqb1p5waq3hf', 2, 'async function onTrack(event, settings) {}
// opened', 52, '77da1f2e1a4e4a582e0d4929449efcf4880c06fbe305f82a6c7bc1554b52dc21', '["onTrack"]', 'tok_owner', 'Opened', '2026-11-21 15:41:13.505548+00'),
	('ver_01m7zc9m16pf033x6sz7devh5k', 'ws_01m7zc9kef6wed1dt0a0exa091', 'fn_01m7zc9m15hwqc9k63d50nrxxw', 1, 'async function onRequest(request, settings) {}', 46, '0708a6d30a8dcc3d5834243b422b2368e4ac1514c5dff63fa66a8457be35b261', '["onRequest"]', 'tok_owner', '', '2026-11-21 15:41:13.638304+00');


--
-- Data for Name: workspaces; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.workspaces VALUES
	('ws_01m7zc9kef6wed1dt0a0exa091', 'recorded', '2026-11-21 15:41:13.03983+00', '{}');


--
-- Name: outbox_id_seq; Type: SEQUENCE SET; Schema: registry; Owner: -
--

SELECT pg_catalog.setval('registry.outbox_id_seq', 14, true);


--
-- Name: connections connections_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (source_id, destination_id);


--
-- Name: destinations destinations_instance_id_key; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.destinations
    ADD CONSTRAINT destinations_instance_id_key UNIQUE (instance_id);


--
-- Name: destinations destinations_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.destinations
    ADD CONSTRAINT destinations_pkey PRIMARY KEY (id);


--
-- Name: destinations destinations_workspace_id_name_key; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.destinations
    ADD CONSTRAINT destinations_workspace_id_name_key UNIQUE (workspace_id, name);


--
-- Name: functions functions_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.functions
    ADD CONSTRAINT functions_pkey PRIMARY KEY (id);


--
-- Name: functions functions_workspace_id_name_key; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.functions
    ADD CONSTRAINT functions_workspace_id_name_key UNIQUE (workspace_id, name);


--
-- Name: instances instances_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.instances
    ADD CONSTRAINT instances_pkey PRIMARY KEY (id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: registry_version registry_version_pkc; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.registry_version
    ADD CONSTRAINT registry_version_pkc PRIMARY KEY (version_num);


--
-- Name: requests requests_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.requests
    ADD CONSTRAINT requests_pkey PRIMARY KEY (workspace_id, method, request_id);


--
-- Name: sources sources_instance_id_key; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.sources
    ADD CONSTRAINT sources_instance_id_key UNIQUE (instance_id);


--
-- Name: sources sources_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.sources
    ADD CONSTRAINT sources_pkey PRIMARY KEY (id);


--
-- Name: sources sources_workspace_id_name_key; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.sources
    ADD CONSTRAINT sources_workspace_id_name_key UNIQUE (workspace_id, name);


--
-- Name: tokens tokens_digest_key; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.tokens
    ADD CONSTRAINT tokens_digest_key UNIQUE (digest);


--
-- Name: tokens tokens_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);


--
-- Name: versions versions_function_id_number_key; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.versions
    ADD CONSTRAINT versions_function_id_number_key UNIQUE (function_id, number);


--
-- Name: versions versions_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.versions
    ADD CONSTRAINT versions_pkey PRIMARY KEY (id);


--
-- Name: workspaces workspaces_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);


--
-- Name: ix_connections_destination_id; Type: INDEX; Schema: registry; Owner: -
--

CREATE INDEX ix_connections_destination_id ON registry.connections USING btree (destination_id);


--
-- Name: ix_instances_function_id; Type: INDEX; Schema: registry; Owner: -
--

CREATE INDEX ix_instances_function_id ON registry.instances USING btree (function_id);


--
-- Name: ix_requests_created_at; Type: INDEX; Schema: registry; Owner: -
--

CREATE INDEX ix_requests_created_at ON registry.requests USING btree (created_at);


--
-- Name: ix_tokens_source_id; Type: INDEX; Schema: registry; Owner: -
--

CREATE INDEX ix_tokens_source_id ON registry.tokens USING btree (source_id);


--
-- Name: connections connections_destination_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.connections
    ADD CONSTRAINT connections_destination_id_fkey FOREIGN KEY (destination_id) REFERENCES registry.destinations(id) ON DELETE CASCADE;


--
-- Name: connections connections_source_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.connections
    ADD CONSTRAINT connections_source_id_fkey FOREIGN KEY (source_id) REFERENCES registry.sources(id) ON DELETE CASCADE;


--
-- Name: connections connections_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.connections
    ADD CONSTRAINT connections_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


--
-- Name: destinations destinations_instance_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.destinations
    ADD CONSTRAINT destinations_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES registry.instances(id);


--
-- Name: destinations destinations_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.destinations
    ADD CONSTRAINT destinations_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


--
-- Name: functions functions_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.functions
    ADD CONSTRAINT functions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


--
-- Name: instances instances_function_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.instances
    ADD CONSTRAINT instances_function_id_fkey FOREIGN KEY (function_id) REFERENCES registry.functions(id);


--
-- Name: instances instances_version_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.instances
    ADD CONSTRAINT instances_version_id_fkey FOREIGN KEY (version_id) REFERENCES registry.versions(id);


--
-- Name: instances instances_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.instances
    ADD CONSTRAINT instances_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


--
-- Name: requests requests_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.requests
    ADD CONSTRAINT requests_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


--
-- Name: sources sources_instance_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.sources
    ADD CONSTRAINT sources_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES registry.instances(id);


--
-- Name: sources sources_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.sources
    ADD CONSTRAINT sources_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


--
-- Name: tokens tokens_source_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.tokens
    ADD CONSTRAINT tokens_source_id_fkey FOREIGN KEY (source_id) REFERENCES registry.sources(id) ON DELETE CASCADE;


--
-- Name: tokens tokens_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.tokens
    ADD CONSTRAINT tokens_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


--
-- Name: versions versions_function_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.versions
    ADD CONSTRAINT versions_function_id_fkey FOREIGN KEY (function_id) REFERENCES registry.functions(id) ON DELETE CASCADE;


--
-- Name: versions versions_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.versions
    ADD CONSTRAINT versions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


--
-- PostgreSQL database dump complete
--

\unrestrict S1d6BrERqxKaYFmZcPD3Xn6qByy9DgkugPLqBz0YlWajxRYvdhkCxTqGa8xj7GG

