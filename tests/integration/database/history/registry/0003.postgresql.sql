--
-- PostgreSQL database dump
--

\restrict NHAKWnt236IdmkFBAw51qZh1pcJnYzUSJqTmzeFELwQFhC2S1jfwcxXsUERdF2a

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
-- Name: audit_entries; Type: TABLE; Schema: registry; Owner: -
--

CREATE TABLE registry.audit_entries (
    id character varying(32) NOT NULL,
    workspace_id character varying(32) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    token_id character varying(32) NOT NULL,
    service character varying(32) NOT NULL,
    action character varying(64) NOT NULL,
    resource_id character varying(32) NOT NULL,
    before json,
    after json,
    reason text NOT NULL
);


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
    updated_at timestamp with time zone NOT NULL,
    backlog_limit bigint DEFAULT 0 NOT NULL,
    concurrency integer DEFAULT 0 NOT NULL,
    max_per_second double precision DEFAULT 0 NOT NULL
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
    updated_at timestamp with time zone NOT NULL,
    backlog_limit bigint DEFAULT 0 NOT NULL
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
-- Data for Name: audit_entries; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.audit_entries VALUES
	('aud_01m7zgd5z49bjdkb4j1fj4h8g6', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.612334+00', 'tok_owner', '', 'function.created', 'fn_01m7zgd5z41hc0ch25bmwbj654', 'null', '{"name": "Gate", "kind": 2, "language": 1, "isolation": 1, "description": "", "definitions": [{"name": "key", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": true, "default": null}, {"name": "place", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": false, "default": null}], "latest_version_id": "", "deployed_version_id": ""}', ''),
	('aud_01m7zgd5z85pbtskncdgnpvng7', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.616753+00', 'tok_owner', '', 'version.created', 'ver_01m7zgd5z8gcn41gx98xn54728', 'null', '{"function_id": "fn_01m7zgd5z41hc0ch25bmwbj654", "number": 1, "code_digest": "793e4e7d404dd22b253358f0d1960e34232c6dac62c2725decd9131f31eb79bc", "handlers": ["onTrack"], "author": "tok_owner", "message": ""}', ''),
	('aud_01m7zgd5zcd7d29ex1ycgnv7sc', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.621013+00', 'tok_owner', '', 'function.updated', 'fn_01m7zgd5z41hc0ch25bmwbj654', '{"latest_version_id": ""}', '{"latest_version_id": "ver_01m7zgd5z8gcn41gx98xn54728"}', ''),
	('aud_01m7zgd5zy6ccz7c4nzyzkv9j4', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.63896+00', 'tok_owner', '', 'version.created', 'ver_01m7zgd5zydcpjb42xy2yhj8gy', 'null', '{"function_id": "fn_01m7zgd5z41hc0ch25bmwbj654", "number": 2, "code_digest": "77da1f2e1a4e4a582e0d4929449efcf4880c06fbe305f82a6c7bc1554b52dc21", "handlers": ["onTrack"], "author": "tok_owner", "message": "Opened"}', ''),
	('aud_01m7zgd600wqmtkv7mxc6e7w9b', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.640643+00', 'tok_owner', '', 'function.updated', 'fn_01m7zgd5z41hc0ch25bmwbj654', '{"latest_version_id": "ver_01m7zgd5z8gcn41gx98xn54728"}', '{"latest_version_id": "ver_01m7zgd5zydcpjb42xy2yhj8gy"}', ''),
	('aud_01m7zgd608d89xdf6bte382c96', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.648967+00', 'tok_owner', '', 'function.created', 'fn_01m7zgd608f3fdbx87vgr3v7vm', 'null', '{"name": "Well", "kind": 1, "language": 1, "isolation": 1, "description": "", "definitions": [], "latest_version_id": "", "deployed_version_id": ""}', ''),
	('aud_01m7zgd60abt91jc59821az8yv', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.650259+00', 'tok_owner', '', 'version.created', 'ver_01m7zgd60akvg21rqwy8psvgmp', 'null', '{"function_id": "fn_01m7zgd608f3fdbx87vgr3v7vm", "number": 1, "code_digest": "0708a6d30a8dcc3d5834243b422b2368e4ac1514c5dff63fa66a8457be35b261", "handlers": ["onRequest"], "author": "tok_owner", "message": ""}', ''),
	('aud_01m7zgd60bxcqrt6fy79vfrrax', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.651731+00', 'tok_owner', '', 'function.updated', 'fn_01m7zgd608f3fdbx87vgr3v7vm', '{"latest_version_id": ""}', '{"latest_version_id": "ver_01m7zgd60akvg21rqwy8psvgmp"}', ''),
	('aud_01m7zgd60j4h4dwmab5v6161mq', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.658318+00', 'tok_owner', '', 'instance.created', 'ins_01m7zgd60jwfacrzjzmdggt68w', 'null', '{"function_id": "fn_01m7zgd608f3fdbx87vgr3v7vm", "version_id": "ver_01m7zgd60akvg21rqwy8psvgmp", "settings": [], "sensitive_settings": [], "settings_revision": 1}', ''),
	('aud_01m7zgd60m0dbnk9rsq7n9r1cc', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.66089+00', 'tok_owner', '', 'source.created', 'src_01m7zgd60mnk66cn3k9rsk25j2', 'null', '{"name": "Spring", "instance_id": "ins_01m7zgd60jwfacrzjzmdggt68w", "enabled": true, "backlog_limit": 0}', ''),
	('aud_01m7zgd60vbcfvafbaa4vaxkyv', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.667896+00', 'tok_owner', '', 'token.created', 'tok_01m7zgd60vkzz04qa1ega71vks', 'null', '{"source_id": "src_01m7zgd60mnk66cn3k9rsk25j2", "roles": []}', ''),
	('aud_01m7zgd613k9cbty0ag3yhd8fy', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.675684+00', 'tok_owner', '', 'instance.created', 'ins_01m7zgd613nxg9cz36z9mp4d16', 'null', '{"function_id": "fn_01m7zgd5z41hc0ch25bmwbj654", "version_id": "ver_01m7zgd5zydcpjb42xy2yhj8gy", "settings": ["place"], "sensitive_settings": ["key"], "settings_revision": 1}', ''),
	('aud_01m7zgd61nkzt6y06jnqfxvf6h', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.693846+00', 'tok_owner', '', 'destination.created', 'dst_01m7zgd61nsjwqn5bkqsqkss5w', 'null', '{"name": "Turbine", "instance_id": "ins_01m7zgd613nxg9cz36z9mp4d16", "enabled": true, "max_per_second": 0.0, "concurrency": 0, "backlog_limit": 0}', ''),
	('aud_01m7zgd62nm2vqqfn604akqbeq', 'ws_01m7zgd5y8znmx55gtacy39y7q', '2026-11-21 16:53:04.725908+00', 'tok_owner', '', 'connection.created', 'dst_01m7zgd61nsjwqn5bkqsqkss5w', 'null', '{"source_id": "src_01m7zgd60mnk66cn3k9rsk25j2", "destination_id": "dst_01m7zgd61nsjwqn5bkqsqkss5w"}', '');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.connections VALUES
	('src_01m7zgd60mnk66cn3k9rsk25j2', 'dst_01m7zgd61nsjwqn5bkqsqkss5w', 'ws_01m7zgd5y8znmx55gtacy39y7q');


--
-- Data for Name: destinations; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.destinations VALUES
	('dst_01m7zgd61nsjwqn5bkqsqkss5w', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'Turbine', 'ins_01m7zgd613nxg9cz36z9mp4d16', true, '2026-11-21 16:53:04.693593+00', '2026-11-21 16:53:04.730315+00', 0, 0, 0);


--
-- Data for Name: functions; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.functions VALUES
	('fn_01m7zgd5z41hc0ch25bmwbj654', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'Gate', 2, 1, 1, '', '[{"name": "key", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": true, "default": null}, {"name": "place", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": false, "default": null}]', 'ver_01m7zgd5zydcpjb42xy2yhj8gy', '', '2026-11-21 16:53:04.612033+00', '2026-11-21 16:53:04.640495+00'),
	('fn_01m7zgd608f3fdbx87vgr3v7vm', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'Well', 1, 1, 1, '', '[]', 'ver_01m7zgd60akvg21rqwy8psvgmp', '', '2026-11-21 16:53:04.648742+00', '2026-11-21 16:53:04.648742+00');


--
-- Data for Name: instances; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.instances VALUES
	('ins_01m7zgd60jwfacrzjzmdggt68w', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'fn_01m7zgd608f3fdbx87vgr3v7vm', 'ver_01m7zgd60akvg21rqwy8psvgmp', '{}', '[]', 1),
	('ins_01m7zgd613nxg9cz36z9mp4d16', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'fn_01m7zgd5z41hc0ch25bmwbj654', 'ver_01m7zgd5zydcpjb42xy2yhj8gy', '{"place": "the valley"}', '["key"]', 1);


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.outbox VALUES
	(11, 'instance', 'instance.ins_01m7zgd60jwfacrzjzmdggt68w', '\x0a1e696e735f30316d377a676436306a77666163727a6a7a6d64676774363877121d77735f30316d377a67643579387a6e6d783535677461637933397937711a1d666e5f30316d377a67643630386633666462783837766772337637766d220457656c6c2801321e7665725f30316d377a67643630616b766732317271777938707376676d7038014240303730386136643330613864636333643538333432343362343232623233363865346163313531346335646666363366613636613834353762653335623236314a096f6e5265717565737452027b7d60016801'),
	(12, 'source', 'source.src_01m7zgd60mnk66cn3k9rsk25j2', '\x0a1e7372635f30316d377a676436306d6e6b3636636e336b3972736b32356a32121d77735f30316d377a67643579387a6e6d783535677461637933397937711a06537072696e6720012add010a1e696e735f30316d377a676436306a77666163727a6a7a6d64676774363877121d77735f30316d377a67643579387a6e6d783535677461637933397937711a1d666e5f30316d377a67643630386633666462783837766772337637766d220457656c6c2801321e7665725f30316d377a67643630616b766732317271777938707376676d7038014240303730386136643330613864636333643538333432343362343232623233363865346163313531346335646666363366613636613834353762653335623236314a096f6e5265717565737452027b7d60016801321e6473745f30316d377a676436316e736a77716e35626b7173716b73733577'),
	(13, 'instance', 'instance.ins_01m7zgd613nxg9cz36z9mp4d16', '\x0a1e696e735f30316d377a67643631336e786739637a33367a396d7034643136121d77735f30316d377a67643579387a6e6d783535677461637933397937711a1d666e5f30316d377a6764357a343168633063683235626d77626a3635342204476174652802321e7665725f30316d377a6764357a796463706a62343278793279686a38677938014240373764613166326531613465346135383265306434393239343439656663663438383063303666626533303566383261366337626331353534623532646332314a076f6e547261636b52167b22706c616365223a227468652076616c6c6579227d5a036b657960016801'),
	(14, 'destination', 'destination.dst_01m7zgd61nsjwqn5bkqsqkss5w', '\x0a1e6473745f30316d377a676436316e736a77716e35626b7173716b73733577121d77735f30316d377a67643579387a6e6d783535677461637933397937711a0754757262696e6520012af4010a1e696e735f30316d377a67643631336e786739637a33367a396d7034643136121d77735f30316d377a67643579387a6e6d783535677461637933397937711a1d666e5f30316d377a6764357a343168633063683235626d77626a3635342204476174652802321e7665725f30316d377a6764357a796463706a62343278793279686a38677938014240373764613166326531613465346135383265306434393239343439656663663438383063303666626533303566383261366337626331353534623532646332314a076f6e547261636b52167b22706c616365223a227468652076616c6c6579227d5a036b657960016801');


--
-- Data for Name: registry_version; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.registry_version VALUES
	('0003');


--
-- Data for Name: requests; Type: TABLE DATA; Schema: registry; Owner: -
--



--
-- Data for Name: sources; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.sources VALUES
	('src_01m7zgd60mnk66cn3k9rsk25j2', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'Spring', 'ins_01m7zgd60jwfacrzjzmdggt68w', true, '2026-11-21 16:53:04.660723+00', '2026-11-21 16:53:04.660723+00', 0);


--
-- Data for Name: tokens; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.tokens VALUES
	('tok_01m7zgd5y81b005d9awc550fk6', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'recordedd54e7f8fc1960fca00c670bc33c12d73f4917e88d62fa72f8931f5d0', NULL, '[1]', '2026-11-21 16:53:04.584544+00'),
	('tok_01m7zgd60vkzz04qa1ega71vks', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'recorded2f53e5546c5f7364cebb75b14c5b857530b4261aa8f527b50b2adc70', 'src_01m7zgd60mnk66cn3k9rsk25j2', '[]', '2026-11-21 16:53:04.667776+00');


--
-- Data for Name: versions; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.versions VALUES
	('ver_01m7zgd5z8gcn41gx98xn54728', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'fn_01m7zgd5z41hc0ch25bmwbj654', 1, 'async function onTrack(event, settings) {}', 42, '793e4e7d404dd22b253358f0d1960e34232c6dac62c2725decd9131f31eb79bc', '["onTrack"]', 'tok_owner', '', '2026-11-21 16:53:04.61635+00'),
	('ver_01m7zgd5zydcpjb42xy2yhj8gy', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'fn_01m7zgd5z41hc0ch25bmwbj654', 2, 'async function onTrack(event, settings) {}
// opened', 52, '77da1f2e1a4e4a582e0d4929449efcf4880c06fbe305f82a6c7bc1554b52dc21', '["onTrack"]', 'tok_owner', 'Opened', '2026-11-21 16:53:04.638695+00'),
	('ver_01m7zgd60akvg21rqwy8psvgmp', 'ws_01m7zgd5y8znmx55gtacy39y7q', 'fn_01m7zgd608f3fdbx87vgr3v7vm', 1, 'async function onRequest(request, settings) {}', 46, '0708a6d30a8dcc3d5834243b422b2368e4ac1514c5dff63fa66a8457be35b261', '["onRequest"]', 'tok_owner', '', '2026-11-21 16:53:04.650022+00');


--
-- Data for Name: workspaces; Type: TABLE DATA; Schema: registry; Owner: -
--

INSERT INTO registry.workspaces VALUES
	('ws_01m7zgd5y8znmx55gtacy39y7q', 'recorded', '2026-11-21 16:53:04.584544+00', '{}');


--
-- Name: outbox_id_seq; Type: SEQUENCE SET; Schema: registry; Owner: -
--

SELECT pg_catalog.setval('registry.outbox_id_seq', 14, true);


--
-- Name: audit_entries audit_entries_pkey; Type: CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.audit_entries
    ADD CONSTRAINT audit_entries_pkey PRIMARY KEY (id);


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
-- Name: ix_audit_entries_resource; Type: INDEX; Schema: registry; Owner: -
--

CREATE INDEX ix_audit_entries_resource ON registry.audit_entries USING btree (workspace_id, resource_id, id);


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
-- Name: audit_entries audit_entries_workspace_id_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: -
--

ALTER TABLE ONLY registry.audit_entries
    ADD CONSTRAINT audit_entries_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES registry.workspaces(id);


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

\unrestrict NHAKWnt236IdmkFBAw51qZh1pcJnYzUSJqTmzeFELwQFhC2S1jfwcxXsUERdF2a

