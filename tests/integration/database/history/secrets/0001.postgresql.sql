--
-- PostgreSQL database dump
--

\restrict jU39RnFlwhNifSbGIvMMBjN0y6fC2XdfDU7FNpChNJsDanvvSGpfY8UptCd5gkK

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
-- Name: secrets; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA secrets;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: access_log; Type: TABLE; Schema: secrets; Owner: -
--

CREATE TABLE secrets.access_log (
    id bigint NOT NULL,
    accessed_at timestamp with time zone NOT NULL,
    service character varying(32) NOT NULL,
    workspace_id character varying(64) NOT NULL,
    instance_id character varying(64) NOT NULL,
    names integer NOT NULL
);


--
-- Name: access_log_id_seq; Type: SEQUENCE; Schema: secrets; Owner: -
--

CREATE SEQUENCE secrets.access_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: access_log_id_seq; Type: SEQUENCE OWNED BY; Schema: secrets; Owner: -
--

ALTER SEQUENCE secrets.access_log_id_seq OWNED BY secrets.access_log.id;


--
-- Name: secrets; Type: TABLE; Schema: secrets; Owner: -
--

CREATE TABLE secrets.secrets (
    workspace_id character varying(64) NOT NULL,
    instance_id character varying(64) NOT NULL,
    name character varying(64) NOT NULL,
    ciphertext bytea NOT NULL,
    updated_at timestamp with time zone NOT NULL
);


--
-- Name: secrets_version; Type: TABLE; Schema: secrets; Owner: -
--

CREATE TABLE secrets.secrets_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: access_log id; Type: DEFAULT; Schema: secrets; Owner: -
--

ALTER TABLE ONLY secrets.access_log ALTER COLUMN id SET DEFAULT nextval('secrets.access_log_id_seq'::regclass);


--
-- Data for Name: access_log; Type: TABLE DATA; Schema: secrets; Owner: -
--

INSERT INTO secrets.access_log VALUES
	(1, '2026-11-21 15:41:15.999016+00', 'executor', 'ws_recorded', 'ins_recorded', 2);


--
-- Data for Name: secrets; Type: TABLE DATA; Schema: secrets; Owner: -
--

INSERT INTO secrets.secrets VALUES
	('ws_recorded', 'ins_recorded', 'key', '\x000000430104d34d26052c950853c822e93977668063c643d54a41adc68750503d2b902fe6d3a3f53ea619114dc62894f73416a83a03b771d7187d8a26f9fe2ee0bca33dfe079bbc4a9409bbe55d16610c5b6f2e75eb6d851ce11dc6fb8910ab6e2f1cd9501c47188b4b5e', '2026-11-21 15:41:15.546124+00'),
	('ws_recorded', 'ins_recorded', 'pin', '\x000000430104d34d261f10fd6539c703fd9892e2b9f4797b68cb92337594c41ffda09c6905940faa6f7796c36cb22efb08d5b69dff0a4d651e8fb54c4555b0ae3b2dffd3a0e9bf7b86408c623478870c0f88b2ff1ca81ce948133192fda2812f589d5e4adf4bf4', '2026-11-21 15:41:15.6019+00');


--
-- Data for Name: secrets_version; Type: TABLE DATA; Schema: secrets; Owner: -
--

INSERT INTO secrets.secrets_version VALUES
	('0001');


--
-- Name: access_log_id_seq; Type: SEQUENCE SET; Schema: secrets; Owner: -
--

SELECT pg_catalog.setval('secrets.access_log_id_seq', 1, true);


--
-- Name: access_log access_log_pkey; Type: CONSTRAINT; Schema: secrets; Owner: -
--

ALTER TABLE ONLY secrets.access_log
    ADD CONSTRAINT access_log_pkey PRIMARY KEY (id);


--
-- Name: secrets secrets_pkey; Type: CONSTRAINT; Schema: secrets; Owner: -
--

ALTER TABLE ONLY secrets.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (workspace_id, instance_id, name);


--
-- Name: secrets_version secrets_version_pkc; Type: CONSTRAINT; Schema: secrets; Owner: -
--

ALTER TABLE ONLY secrets.secrets_version
    ADD CONSTRAINT secrets_version_pkc PRIMARY KEY (version_num);


--
-- Name: ix_access_log_accessed_at; Type: INDEX; Schema: secrets; Owner: -
--

CREATE INDEX ix_access_log_accessed_at ON secrets.access_log USING btree (accessed_at);


--
-- PostgreSQL database dump complete
--

\unrestrict jU39RnFlwhNifSbGIvMMBjN0y6fC2XdfDU7FNpChNJsDanvvSGpfY8UptCd5gkK

