BEGIN TRANSACTION;
CREATE TABLE audit_entries (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	token_id VARCHAR(32) NOT NULL, 
	service VARCHAR(32) NOT NULL, 
	action VARCHAR(64) NOT NULL, 
	resource_id VARCHAR(32) NOT NULL, 
	"before" JSON, 
	"after" JSON, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5e4prpc5cpdk2mhjddk','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.068072','tok_owner','','function.created','fn_01m7zgd5e3x8sz6rdfsfrdecg7','null','{"name": "Gate", "kind": 2, "language": 1, "isolation": 1, "description": "", "definitions": [{"name": "key", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": true, "default": null}, {"name": "place", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": false, "default": null}], "latest_version_id": "", "deployed_version_id": ""}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5e7hr34q3q7tnyjntvs','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.071935','tok_owner','','version.created','ver_01m7zgd5e7ygtz4kxeyrcg8n7y','null','{"function_id": "fn_01m7zgd5e3x8sz6rdfsfrdecg7", "number": 1, "code_digest": "793e4e7d404dd22b253358f0d1960e34232c6dac62c2725decd9131f31eb79bc", "handlers": ["onTrack"], "author": "tok_owner", "message": ""}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5ebhr2ny5ayyppa5qff','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.075221','tok_owner','','function.updated','fn_01m7zgd5e3x8sz6rdfsfrdecg7','{"latest_version_id": ""}','{"latest_version_id": "ver_01m7zgd5e7ygtz4kxeyrcg8n7y"}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5ez5ks6gc0jmtrakx8f','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.095727','tok_owner','','version.created','ver_01m7zgd5ezxdf09spa6d27vjne','null','{"function_id": "fn_01m7zgd5e3x8sz6rdfsfrdecg7", "number": 2, "code_digest": "77da1f2e1a4e4a582e0d4929449efcf4880c06fbe305f82a6c7bc1554b52dc21", "handlers": ["onTrack"], "author": "tok_owner", "message": "Opened"}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5f150m2qvt902rj55xh','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.097267','tok_owner','','function.updated','fn_01m7zgd5e3x8sz6rdfsfrdecg7','{"latest_version_id": "ver_01m7zgd5e7ygtz4kxeyrcg8n7y"}','{"latest_version_id": "ver_01m7zgd5ezxdf09spa6d27vjne"}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5f9tkdeft7rdaavb653','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.105383','tok_owner','','function.created','fn_01m7zgd5f9yar3kxr496khgh9m','null','{"name": "Well", "kind": 1, "language": 1, "isolation": 1, "description": "", "definitions": [], "latest_version_id": "", "deployed_version_id": ""}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5fa521gr25648j1zf7a','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.106539','tok_owner','','version.created','ver_01m7zgd5fafcxb4zp0a8dzwm57','null','{"function_id": "fn_01m7zgd5f9yar3kxr496khgh9m", "number": 1, "code_digest": "0708a6d30a8dcc3d5834243b422b2368e4ac1514c5dff63fa66a8457be35b261", "handlers": ["onRequest"], "author": "tok_owner", "message": ""}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5fbprwxv7n3w62ze5gb','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.107889','tok_owner','','function.updated','fn_01m7zgd5f9yar3kxr496khgh9m','{"latest_version_id": ""}','{"latest_version_id": "ver_01m7zgd5fafcxb4zp0a8dzwm57"}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5ftygj0hmbwan5948tn','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.122112','tok_owner','','instance.created','ins_01m7zgd5fsy809sfbva24s1kfe','null','{"function_id": "fn_01m7zgd5f9yar3kxr496khgh9m", "version_id": "ver_01m7zgd5fafcxb4zp0a8dzwm57", "settings": [], "sensitive_settings": [], "settings_revision": 1}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5fwy129dhzaayzk9s0d','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.124593','tok_owner','','source.created','src_01m7zgd5fww71jn0d2cwc9e72x','null','{"name": "Spring", "instance_id": "ins_01m7zgd5fsy809sfbva24s1kfe", "enabled": true, "backlog_limit": 0}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5g30r0qxr14jv9yje7a','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.131590','tok_owner','','token.created','tok_01m7zgd5g3v2xq8a761r5cymem','null','{"source_id": "src_01m7zgd5fww71jn0d2cwc9e72x", "roles": []}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5gds2r0e38ascttfzc5','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.141793','tok_owner','','instance.created','ins_01m7zgd5gdbdhtrrka621bn3y5','null','{"function_id": "fn_01m7zgd5e3x8sz6rdfsfrdecg7", "version_id": "ver_01m7zgd5ezxdf09spa6d27vjne", "settings": ["place"], "sensitive_settings": ["key"], "settings_revision": 1}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5h02m1p4292bfn9xykq','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.160515','tok_owner','','destination.created','dst_01m7zgd5gzevddh1rftyjqhjts','null','{"name": "Turbine", "instance_id": "ins_01m7zgd5gdbdhtrrka621bn3y5", "enabled": true, "max_per_second": 0.0, "concurrency": 0, "backlog_limit": 0}','');
INSERT INTO "audit_entries" VALUES('aud_01m7zgd5j93ys931yhr8dsfwhm','ws_01m7zgd5cpgbvner73ghdwjr73','2026-11-21 16:53:04.201971','tok_owner','','connection.created','dst_01m7zgd5gzevddh1rftyjqhjts','null','{"source_id": "src_01m7zgd5fww71jn0d2cwc9e72x", "destination_id": "dst_01m7zgd5gzevddh1rftyjqhjts"}','');
CREATE TABLE connections (
	source_id VARCHAR(32) NOT NULL, 
	destination_id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	PRIMARY KEY (source_id, destination_id), 
	FOREIGN KEY(source_id) REFERENCES sources (id) ON DELETE CASCADE, 
	FOREIGN KEY(destination_id) REFERENCES destinations (id) ON DELETE CASCADE, 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
INSERT INTO "connections" VALUES('src_01m7zgd5fww71jn0d2cwc9e72x','dst_01m7zgd5gzevddh1rftyjqhjts','ws_01m7zgd5cpgbvner73ghdwjr73');
CREATE TABLE destinations (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	instance_id VARCHAR(32) NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, backlog_limit BIGINT DEFAULT 0 NOT NULL, concurrency INTEGER DEFAULT 0 NOT NULL, max_per_second FLOAT DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (workspace_id, name), 
	UNIQUE (instance_id), 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	FOREIGN KEY(instance_id) REFERENCES instances (id)
);
INSERT INTO "destinations" VALUES('dst_01m7zgd5gzevddh1rftyjqhjts','ws_01m7zgd5cpgbvner73ghdwjr73','Turbine','ins_01m7zgd5gdbdhtrrka621bn3y5',1,'2026-11-21 16:53:04.159936','2026-11-21 16:53:04.208905',0,0,0.0);
CREATE TABLE functions (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	kind INTEGER NOT NULL, 
	language INTEGER NOT NULL, 
	isolation INTEGER NOT NULL, 
	description TEXT NOT NULL, 
	definitions JSON NOT NULL, 
	latest_version_id VARCHAR(32) NOT NULL, 
	deployed_version_id VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (workspace_id, name), 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
INSERT INTO "functions" VALUES('fn_01m7zgd5e3x8sz6rdfsfrdecg7','ws_01m7zgd5cpgbvner73ghdwjr73','Gate',2,1,1,'','[{"name": "key", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": true, "default": null}, {"name": "place", "label": "", "description": "", "type": "STRING", "required": false, "sensitive": false, "default": null}]','ver_01m7zgd5ezxdf09spa6d27vjne','','2026-11-21 16:53:04.067425','2026-11-21 16:53:04.097158');
INSERT INTO "functions" VALUES('fn_01m7zgd5f9yar3kxr496khgh9m','ws_01m7zgd5cpgbvner73ghdwjr73','Well',1,1,1,'','[]','ver_01m7zgd5fafcxb4zp0a8dzwm57','','2026-11-21 16:53:04.105149','2026-11-21 16:53:04.105149');
CREATE TABLE instances (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	function_id VARCHAR(32) NOT NULL, 
	version_id VARCHAR(32) NOT NULL, 
	settings JSON NOT NULL, 
	sensitive_settings JSON NOT NULL, 
	settings_revision INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	FOREIGN KEY(function_id) REFERENCES functions (id), 
	FOREIGN KEY(version_id) REFERENCES versions (id)
);
INSERT INTO "instances" VALUES('ins_01m7zgd5fsy809sfbva24s1kfe','ws_01m7zgd5cpgbvner73ghdwjr73','fn_01m7zgd5f9yar3kxr496khgh9m','ver_01m7zgd5fafcxb4zp0a8dzwm57','{}','[]',1);
INSERT INTO "instances" VALUES('ins_01m7zgd5gdbdhtrrka621bn3y5','ws_01m7zgd5cpgbvner73ghdwjr73','fn_01m7zgd5e3x8sz6rdfsfrdecg7','ver_01m7zgd5ezxdf09spa6d27vjne','{"place": "the valley"}','["key"]',1);
CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	action VARCHAR(16) NOT NULL, 
	"key" VARCHAR(128) NOT NULL, 
	value BLOB NOT NULL
);
INSERT INTO "outbox" VALUES(11,'instance','instance.ins_01m7zgd5fsy809sfbva24s1kfe',X'0A1E696E735F30316D377A6764356673793830397366627661323473316B6665121D77735F30316D377A67643563706762766E65723733676864776A7237331A1D666E5F30316D377A6764356639796172336B78723439366B686768396D220457656C6C2801321E7665725F30316D377A676435666166637862347A70306138647A776D353738014240303730386136643330613864636333643538333432343362343232623233363865346163313531346335646666363366613636613834353762653335623236314A096F6E5265717565737452027B7D60016801');
INSERT INTO "outbox" VALUES(12,'source','source.src_01m7zgd5fww71jn0d2cwc9e72x',X'0A1E7372635F30316D377A67643566777737316A6E3064326377633965373278121D77735F30316D377A67643563706762766E65723733676864776A7237331A06537072696E6720012ADD010A1E696E735F30316D377A6764356673793830397366627661323473316B6665121D77735F30316D377A67643563706762766E65723733676864776A7237331A1D666E5F30316D377A6764356639796172336B78723439366B686768396D220457656C6C2801321E7665725F30316D377A676435666166637862347A70306138647A776D353738014240303730386136643330613864636333643538333432343362343232623233363865346163313531346335646666363366613636613834353762653335623236314A096F6E5265717565737452027B7D60016801321E6473745F30316D377A676435677A657664646831726674796A71686A7473');
INSERT INTO "outbox" VALUES(13,'instance','instance.ins_01m7zgd5gdbdhtrrka621bn3y5',X'0A1E696E735F30316D377A67643567646264687472726B61363231626E337935121D77735F30316D377A67643563706762766E65723733676864776A7237331A1D666E5F30316D377A67643565337838737A3672646673667264656367372204476174652802321E7665725F30316D377A676435657A786466303973706136643237766A6E6538014240373764613166326531613465346135383265306434393239343439656663663438383063303666626533303566383261366337626331353534623532646332314A076F6E547261636B52167B22706C616365223A227468652076616C6C6579227D5A036B657960016801');
INSERT INTO "outbox" VALUES(14,'destination','destination.dst_01m7zgd5gzevddh1rftyjqhjts',X'0A1E6473745F30316D377A676435677A657664646831726674796A71686A7473121D77735F30316D377A67643563706762766E65723733676864776A7237331A0754757262696E6520012AF4010A1E696E735F30316D377A67643567646264687472726B61363231626E337935121D77735F30316D377A67643563706762766E65723733676864776A7237331A1D666E5F30316D377A67643565337838737A3672646673667264656367372204476174652802321E7665725F30316D377A676435657A786466303973706136643237766A6E6538014240373764613166326531613465346135383265306434393239343439656663663438383063303666626533303566383261366337626331353534623532646332314A076F6E547261636B52167B22706C616365223A227468652076616C6C6579227D5A036B657960016801');
CREATE TABLE registry_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT registry_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "registry_version" VALUES('0003');
CREATE TABLE requests (
	workspace_id VARCHAR(32) NOT NULL, 
	method VARCHAR(64) NOT NULL, 
	request_id VARCHAR(128) NOT NULL, 
	answer BLOB NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (workspace_id, method, request_id), 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE TABLE sources (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	instance_id VARCHAR(32), 
	enabled BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, backlog_limit BIGINT DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (workspace_id, name), 
	UNIQUE (instance_id), 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	FOREIGN KEY(instance_id) REFERENCES instances (id)
);
INSERT INTO "sources" VALUES('src_01m7zgd5fww71jn0d2cwc9e72x','ws_01m7zgd5cpgbvner73ghdwjr73','Spring','ins_01m7zgd5fsy809sfbva24s1kfe',1,'2026-11-21 16:53:04.124293','2026-11-21 16:53:04.124293',0);
CREATE TABLE tokens (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	source_id VARCHAR(32), 
	roles JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	UNIQUE (digest), 
	FOREIGN KEY(source_id) REFERENCES sources (id) ON DELETE CASCADE
);
INSERT INTO "tokens" VALUES('tok_01m7zgd5d0gz3me664fmq7zzn5','ws_01m7zgd5cpgbvner73ghdwjr73','recordedd54e7f8fc1960fca00c670bc33c12d73f4917e88d62fa72f8931f5d0',NULL,'[1]','2026-11-21 16:53:04.022001');
INSERT INTO "tokens" VALUES('tok_01m7zgd5g3v2xq8a761r5cymem','ws_01m7zgd5cpgbvner73ghdwjr73','recorded69091a9da8d7064623f9825f3256a3b1d8f91acfd46ef05e8068643d','src_01m7zgd5fww71jn0d2cwc9e72x','[]','2026-11-21 16:53:04.131448');
CREATE TABLE versions (
	id VARCHAR(32) NOT NULL, 
	workspace_id VARCHAR(32) NOT NULL, 
	function_id VARCHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	code_bytes INTEGER NOT NULL, 
	code_digest VARCHAR(64) NOT NULL, 
	handlers JSON NOT NULL, 
	author VARCHAR(32) NOT NULL, 
	message TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (function_id, number), 
	FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	FOREIGN KEY(function_id) REFERENCES functions (id) ON DELETE CASCADE
);
INSERT INTO "versions" VALUES('ver_01m7zgd5e7ygtz4kxeyrcg8n7y','ws_01m7zgd5cpgbvner73ghdwjr73','fn_01m7zgd5e3x8sz6rdfsfrdecg7',1,'async function onTrack(event, settings) {}',42,'793e4e7d404dd22b253358f0d1960e34232c6dac62c2725decd9131f31eb79bc','["onTrack"]','tok_owner','','2026-11-21 16:53:04.071577');
INSERT INTO "versions" VALUES('ver_01m7zgd5ezxdf09spa6d27vjne','ws_01m7zgd5cpgbvner73ghdwjr73','fn_01m7zgd5e3x8sz6rdfsfrdecg7',2,'async function onTrack(event, settings) {}
// opened',52,'77da1f2e1a4e4a582e0d4929449efcf4880c06fbe305f82a6c7bc1554b52dc21','["onTrack"]','tok_owner','Opened','2026-11-21 16:53:04.095445');
INSERT INTO "versions" VALUES('ver_01m7zgd5fafcxb4zp0a8dzwm57','ws_01m7zgd5cpgbvner73ghdwjr73','fn_01m7zgd5f9yar3kxr496khgh9m',1,'async function onRequest(request, settings) {}',46,'0708a6d30a8dcc3d5834243b422b2368e4ac1514c5dff63fa66a8457be35b261','["onRequest"]','tok_owner','','2026-11-21 16:53:04.106337');
CREATE TABLE workspaces (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	created_at DATETIME NOT NULL, config JSON DEFAULT '{}' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "workspaces" VALUES('ws_01m7zgd5cpgbvner73ghdwjr73','recorded','2026-11-21 16:53:04.022001','{}');
CREATE INDEX ix_instances_function_id ON instances (function_id);
CREATE INDEX ix_connections_destination_id ON connections (destination_id);
CREATE INDEX ix_tokens_source_id ON tokens (source_id);
CREATE INDEX ix_requests_created_at ON requests (created_at);
CREATE INDEX ix_audit_entries_resource ON audit_entries (workspace_id, resource_id, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('outbox',14);
COMMIT;
