--
-- PostgreSQL database dump
--

\restrict yf3id5Ihp36cshMi1Ix6TF0mN7FJsUqxZjsMydfrJli3heUbcnnQRM1Dxqu8OQl

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
-- Name: delivery; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA delivery;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: counters; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.counters (
    workspace_id character varying NOT NULL,
    minute bigint NOT NULL,
    stage bigint NOT NULL,
    source_id character varying NOT NULL,
    destination_id character varying NOT NULL,
    status bigint NOT NULL,
    reason character varying NOT NULL,
    count bigint NOT NULL,
    duplicates bigint NOT NULL
);


--
-- Name: deliveries; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.deliveries (
    delivery_id character varying NOT NULL,
    workspace_id character varying NOT NULL,
    event_id character varying NOT NULL,
    message_id character varying NOT NULL,
    source_id character varying NOT NULL,
    destination_id character varying NOT NULL,
    status bigint NOT NULL,
    reason character varying NOT NULL,
    attempts bigint NOT NULL,
    event_type character varying NOT NULL,
    event_name character varying NOT NULL,
    received_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    next_attempt_us bigint NOT NULL,
    trace_id character varying NOT NULL,
    ordinal bigint NOT NULL,
    span_id character varying DEFAULT ''::character varying NOT NULL,
    version_id character varying DEFAULT ''::character varying NOT NULL,
    code_digest character varying DEFAULT ''::character varying NOT NULL,
    replay bigint DEFAULT '0'::bigint NOT NULL
);


--
-- Name: delivery_version; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.delivery_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: evidence; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.evidence (
    delivery_id character varying NOT NULL,
    workspace_id character varying NOT NULL,
    destination_id character varying NOT NULL,
    status bigint NOT NULL,
    evidence bytea NOT NULL,
    ordinal bigint NOT NULL,
    replay bigint DEFAULT '0'::bigint NOT NULL
);


--
-- Name: projections; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.projections (
    name character varying NOT NULL,
    sequence bigint NOT NULL,
    ordinal bigint NOT NULL
);


--
-- Name: replay_numbers; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.replay_numbers (
    workspace_id character varying NOT NULL,
    last bigint NOT NULL
);


--
-- Name: replayed; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.replayed (
    delivery_id character varying NOT NULL,
    workspace_id character varying NOT NULL,
    replay_id character varying NOT NULL,
    number bigint NOT NULL,
    replayed_as character varying NOT NULL,
    published boolean NOT NULL,
    after_sequence bigint NOT NULL,
    claimed_us bigint NOT NULL
);


--
-- Name: replays; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.replays (
    replay_id character varying NOT NULL,
    workspace_id character varying NOT NULL,
    request_id character varying,
    token_id character varying NOT NULL,
    request bytea NOT NULL,
    state bigint NOT NULL,
    version bigint NOT NULL,
    max_per_second bigint NOT NULL,
    last_ordinal bigint NOT NULL,
    last_number bigint NOT NULL,
    cursor bigint NOT NULL,
    matched bigint NOT NULL,
    published bigint NOT NULL,
    skipped json NOT NULL,
    failed json NOT NULL,
    waiting_for character varying NOT NULL,
    owner character varying NOT NULL,
    owned_until_us bigint NOT NULL,
    created_us bigint NOT NULL,
    updated_us bigint NOT NULL,
    finished_us bigint NOT NULL
);


--
-- Name: tries; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.tries (
    key character varying NOT NULL,
    ordinal bigint NOT NULL
);


--
-- Name: usage; Type: TABLE; Schema: delivery; Owner: -
--

CREATE TABLE delivery.usage (
    workspace_id character varying NOT NULL,
    month character varying NOT NULL,
    function_id character varying NOT NULL,
    instance_id character varying NOT NULL,
    invocations bigint NOT NULL,
    wall_us bigint NOT NULL,
    fuel bigint NOT NULL
);


--
-- Data for Name: counters; Type: TABLE DATA; Schema: delivery; Owner: -
--

INSERT INTO delivery.counters VALUES
	('ws_1', 1000, 2, 'src_1', 'dst_1', 1, '', 20, 1),
	('ws_1', 1000, 2, 'src_1', 'dst_1', 4, 'RETRY', 1, 0),
	('ws_1', 1000, 2, 'src_1', 'dst_1', 5, 'RETRY', 1, 0);


--
-- Data for Name: deliveries; Type: TABLE DATA; Schema: delivery; Owner: -
--

INSERT INTO delivery.deliveries VALUES
	('dlv_48793a0d6f7cdfbca53fd2f8f89effae', 'ws_1', 'evt_00000', 'm0', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 1, '', '', '', 0),
	('dlv_df7751dd2051f74460d87f3107dabb03', 'ws_1', 'evt_00001', 'm1', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 2, '', '', '', 0),
	('dlv_08a891353ad415d7601205348276747b', 'ws_1', 'evt_00002', 'm2', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 3, '', '', '', 0),
	('dlv_1e57d2311b735edee17e3dfd8aea1fee', 'ws_1', 'evt_00003', 'm3', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 4, '', '', '', 0),
	('dlv_35554651b431179a8f6f500268483432', 'ws_1', 'evt_00004', 'm4', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 5, '', '', '', 0),
	('dlv_8a59cd32179d750846f737f9cbc5bb9e', 'ws_1', 'evt_00005', 'm5', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 6, '', '', '', 0),
	('dlv_c302a0eec2be87813c459cdb2654bca0', 'ws_1', 'evt_00006', 'm6', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 7, '', '', '', 0),
	('dlv_30b55550916d5c1616b0e0776176242e', 'ws_1', 'evt_00007', 'm7', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 8, '', '', '', 0),
	('dlv_3f8b727df35937ce85732ff2b45560a4', 'ws_1', 'evt_00008', 'm8', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 9, '', '', '', 0),
	('dlv_868d4a6cbff1d2eea01afd05e5ef22a3', 'ws_1', 'evt_00009', 'm9', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 10, '', '', '', 0),
	('dlv_f47be7b579de3ffd10e24a68468dff3b', 'ws_1', 'evt_00010', 'm10', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 11, '', '', '', 0),
	('dlv_91944eda7ce4d544656090d079b5d52f', 'ws_1', 'evt_00011', 'm11', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 12, '', '', '', 0),
	('dlv_e2d98f02ce6990d3fdb117910e274d7b', 'ws_1', 'evt_00012', 'm12', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 13, '', '', '', 0),
	('dlv_8b3d8993c9a01ec94cffed7c51830f9f', 'ws_1', 'evt_00013', 'm13', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 14, '', '', '', 0),
	('dlv_24e22e069c831e62c62e60e8447d09dd', 'ws_1', 'evt_00014', 'm14', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 15, '', '', '', 0),
	('dlv_b35970072db30be711d2980afc123bb1', 'ws_1', 'evt_00015', 'm15', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 16, '', '', '', 0),
	('dlv_4ae1b0eb1dd6fc1ed08699416d6fbb23', 'ws_1', 'evt_00016', 'm16', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 17, '', '', '', 0),
	('dlv_4c588aba8a47bb8da1994dd84fb539fe', 'ws_1', 'evt_00017', 'm17', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 18, '', '', '', 0),
	('dlv_61386e99ca4d7cda7d27d224b7d1c5ea', 'ws_1', 'evt_00018', 'm18', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 19, '', '', '', 0),
	('dlv_dbdf4be5070b287c4d8d6920388a3005', 'ws_1', 'evt_00019', 'm19', 'src_1', 'dst_1', 1, '', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 20, '', '', '', 0),
	('dlv_21517cbda3919098bfaa1b79676470af', 'ws_1', 'evt_00020', 'm20', 'src_1', 'dst_1', 4, 'RETRY', 1, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 21, '', '', '', 0),
	('dlv_7d9019e5a1651d5024c77009f1e339b6', 'ws_1', 'evt_00021', 'm21', 'src_1', 'dst_1', 5, 'RETRY', 2, 'track', '', 0, 60000000000, 0, '0af7651916cd43dd8448eb211c80319c', 22, '', '', '', 0);


--
-- Data for Name: delivery_version; Type: TABLE DATA; Schema: delivery; Owner: -
--

INSERT INTO delivery.delivery_version VALUES
	('0002');


--
-- Data for Name: evidence; Type: TABLE DATA; Schema: delivery; Owner: -
--

INSERT INTO delivery.evidence VALUES
	('dlv_21517cbda3919098bfaa1b79676470af', 'ws_1', 'dst_1', 4, '\x0a0b1a096661696c7572652031', 21, 0),
	('dlv_7d9019e5a1651d5024c77009f1e339b6', 'ws_1', 'dst_1', 5, '\x0a0b1a096661696c7572652032', 22, 0);


--
-- Data for Name: projections; Type: TABLE DATA; Schema: delivery; Owner: -
--

INSERT INTO delivery.projections VALUES
	('outcomes', 23, 23);


--
-- Data for Name: replay_numbers; Type: TABLE DATA; Schema: delivery; Owner: -
--



--
-- Data for Name: replayed; Type: TABLE DATA; Schema: delivery; Owner: -
--



--
-- Data for Name: replays; Type: TABLE DATA; Schema: delivery; Owner: -
--



--
-- Data for Name: tries; Type: TABLE DATA; Schema: delivery; Owner: -
--

INSERT INTO delivery.tries VALUES
	('dlv_48793a0d6f7cdfbca53fd2f8f89effae:end', 1),
	('dlv_df7751dd2051f74460d87f3107dabb03:end', 2),
	('dlv_08a891353ad415d7601205348276747b:end', 3),
	('dlv_1e57d2311b735edee17e3dfd8aea1fee:end', 4),
	('dlv_35554651b431179a8f6f500268483432:end', 5),
	('dlv_8a59cd32179d750846f737f9cbc5bb9e:end', 6),
	('dlv_c302a0eec2be87813c459cdb2654bca0:end', 7),
	('dlv_30b55550916d5c1616b0e0776176242e:end', 8),
	('dlv_3f8b727df35937ce85732ff2b45560a4:end', 9),
	('dlv_868d4a6cbff1d2eea01afd05e5ef22a3:end', 10),
	('dlv_f47be7b579de3ffd10e24a68468dff3b:end', 11),
	('dlv_91944eda7ce4d544656090d079b5d52f:end', 12),
	('dlv_e2d98f02ce6990d3fdb117910e274d7b:end', 13),
	('dlv_8b3d8993c9a01ec94cffed7c51830f9f:end', 14),
	('dlv_24e22e069c831e62c62e60e8447d09dd:end', 15),
	('dlv_b35970072db30be711d2980afc123bb1:end', 16),
	('dlv_4ae1b0eb1dd6fc1ed08699416d6fbb23:end', 17),
	('dlv_4c588aba8a47bb8da1994dd84fb539fe:end', 18),
	('dlv_61386e99ca4d7cda7d27d224b7d1c5ea:end', 19),
	('dlv_dbdf4be5070b287c4d8d6920388a3005:end', 20),
	('dlv_21517cbda3919098bfaa1b79676470af:1', 21),
	('dlv_7d9019e5a1651d5024c77009f1e339b6:end', 22);


--
-- Data for Name: usage; Type: TABLE DATA; Schema: delivery; Owner: -
--

INSERT INTO delivery.usage VALUES
	('ws_1', '1970-01', 'fn_1', 'ins_1', 23, 0, 230);


--
-- Name: counters counters_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (workspace_id, minute, stage, source_id, destination_id, status, reason);


--
-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_id);


--
-- Name: delivery_version delivery_version_pkc; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.delivery_version
    ADD CONSTRAINT delivery_version_pkc PRIMARY KEY (version_num);


--
-- Name: evidence evidence_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (delivery_id);


--
-- Name: projections projections_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.projections
    ADD CONSTRAINT projections_pkey PRIMARY KEY (name);


--
-- Name: replay_numbers replay_numbers_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.replay_numbers
    ADD CONSTRAINT replay_numbers_pkey PRIMARY KEY (workspace_id);


--
-- Name: replayed replayed_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.replayed
    ADD CONSTRAINT replayed_pkey PRIMARY KEY (delivery_id);


--
-- Name: replays replays_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.replays
    ADD CONSTRAINT replays_pkey PRIMARY KEY (replay_id);


--
-- Name: tries tries_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.tries
    ADD CONSTRAINT tries_pkey PRIMARY KEY (key);


--
-- Name: usage usage_pkey; Type: CONSTRAINT; Schema: delivery; Owner: -
--

ALTER TABLE ONLY delivery.usage
    ADD CONSTRAINT usage_pkey PRIMARY KEY (workspace_id, month, function_id, instance_id);


--
-- Name: dead_letters; Type: INDEX; Schema: delivery; Owner: -
--

CREATE INDEX dead_letters ON delivery.deliveries USING btree (workspace_id, ordinal) WHERE (status = 5);


--
-- Name: deliveries_by_age; Type: INDEX; Schema: delivery; Owner: -
--

CREATE INDEX deliveries_by_age ON delivery.deliveries USING btree (workspace_id, ordinal);


--
-- Name: deliveries_by_event; Type: INDEX; Schema: delivery; Owner: -
--

CREATE INDEX deliveries_by_event ON delivery.deliveries USING btree (workspace_id, event_id);


--
-- Name: evidence_by_age; Type: INDEX; Schema: delivery; Owner: -
--

CREATE INDEX evidence_by_age ON delivery.evidence USING btree (workspace_id, destination_id, ordinal);


--
-- Name: ix_tries_ordinal; Type: INDEX; Schema: delivery; Owner: -
--

CREATE INDEX ix_tries_ordinal ON delivery.tries USING btree (ordinal);


--
-- Name: replayed_by_number; Type: INDEX; Schema: delivery; Owner: -
--

CREATE UNIQUE INDEX replayed_by_number ON delivery.replayed USING btree (workspace_id, number);


--
-- Name: replayed_by_replay; Type: INDEX; Schema: delivery; Owner: -
--

CREATE INDEX replayed_by_replay ON delivery.replayed USING btree (replay_id, published);


--
-- Name: replays_by_end; Type: INDEX; Schema: delivery; Owner: -
--

CREATE INDEX replays_by_end ON delivery.replays USING btree (finished_us);


--
-- Name: replays_by_request; Type: INDEX; Schema: delivery; Owner: -
--

CREATE UNIQUE INDEX replays_by_request ON delivery.replays USING btree (workspace_id, request_id);


--
-- PostgreSQL database dump complete
--

\unrestrict yf3id5Ihp36cshMi1Ix6TF0mN7FJsUqxZjsMydfrJli3heUbcnnQRM1Dxqu8OQl

