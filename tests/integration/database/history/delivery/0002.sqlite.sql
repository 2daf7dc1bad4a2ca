BEGIN TRANSACTION;
CREATE TABLE counters (
	workspace_id VARCHAR NOT NULL, 
	minute BIGINT NOT NULL, 
	stage BIGINT NOT NULL, 
	source_id VARCHAR NOT NULL, 
	destination_id VARCHAR NOT NULL, 
	status BIGINT NOT NULL, 
	reason VARCHAR NOT NULL, 
	count BIGINT NOT NULL, 
	duplicates BIGINT NOT NULL, 
	PRIMARY KEY (workspace_id, minute, stage, source_id, destination_id, status, reason)
);
INSERT INTO "counters" VALUES('ws_1',1000,2,'src_1','dst_1',1,'',20,1);
INSERT INTO "counters" VALUES('ws_1',1000,2,'src_1','dst_1',4,'RETRY',1,0);
INSERT INTO "counters" VALUES('ws_1',1000,2,'src_1','dst_1',5,'RETRY',1,0);
CREATE TABLE deliveries (
	delivery_id VARCHAR NOT NULL, 
	workspace_id VARCHAR NOT NULL, 
	event_id VARCHAR NOT NULL, 
	message_id VARCHAR NOT NULL, 
	source_id VARCHAR NOT NULL, 
	destination_id VARCHAR NOT NULL, 
	status BIGINT NOT NULL, 
	reason VARCHAR NOT NULL, 
	attempts BIGINT NOT NULL, 
	event_type VARCHAR NOT NULL, 
	event_name VARCHAR NOT NULL, 
	received_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	next_attempt_us BIGINT NOT NULL, 
	trace_id VARCHAR NOT NULL, 
	ordinal BIGINT NOT NULL, span_id VARCHAR DEFAULT '' NOT NULL, version_id VARCHAR DEFAULT '' NOT NULL, code_digest VARCHAR DEFAULT '' NOT NULL, replay BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (delivery_id)
);
INSERT INTO "deliveries" VALUES('dlv_48793a0d6f7cdfbca53fd2f8f89effae','ws_1','evt_00000','m0','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',1,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_df7751dd2051f74460d87f3107dabb03','ws_1','evt_00001','m1','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',2,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_08a891353ad415d7601205348276747b','ws_1','evt_00002','m2','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',3,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_1e57d2311b735edee17e3dfd8aea1fee','ws_1','evt_00003','m3','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',4,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_35554651b431179a8f6f500268483432','ws_1','evt_00004','m4','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',5,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_8a59cd32179d750846f737f9cbc5bb9e','ws_1','evt_00005','m5','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',6,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_c302a0eec2be87813c459cdb2654bca0','ws_1','evt_00006','m6','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',7,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_30b55550916d5c1616b0e0776176242e','ws_1','evt_00007','m7','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',8,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_3f8b727df35937ce85732ff2b45560a4','ws_1','evt_00008','m8','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',9,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_868d4a6cbff1d2eea01afd05e5ef22a3','ws_1','evt_00009','m9','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',10,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_f47be7b579de3ffd10e24a68468dff3b','ws_1','evt_00010','m10','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',11,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_91944eda7ce4d544656090d079b5d52f','ws_1','evt_00011','m11','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',12,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_e2d98f02ce6990d3fdb117910e274d7b','ws_1','evt_00012','m12','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',13,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_8b3d8993c9a01ec94cffed7c51830f9f','ws_1','evt_00013','m13','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',14,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_24e22e069c831e62c62e60e8447d09dd','ws_1','evt_00014','m14','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',15,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_b35970072db30be711d2980afc123bb1','ws_1','evt_00015','m15','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',16,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_4ae1b0eb1dd6fc1ed08699416d6fbb23','ws_1','evt_00016','m16','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',17,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_4c588aba8a47bb8da1994dd84fb539fe','ws_1','evt_00017','m17','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',18,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_61386e99ca4d7cda7d27d224b7d1c5ea','ws_1','evt_00018','m18','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',19,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_dbdf4be5070b287c4d8d6920388a3005','ws_1','evt_00019','m19','src_1','dst_1',1,'',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',20,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_21517cbda3919098bfaa1b79676470af','ws_1','evt_00020','m20','src_1','dst_1',4,'RETRY',1,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',21,'','','',0);
INSERT INTO "deliveries" VALUES('dlv_7d9019e5a1651d5024c77009f1e339b6','ws_1','evt_00021','m21','src_1','dst_1',5,'RETRY',2,'track','',0,60000000000,0,'0af7651916cd43dd8448eb211c80319c',22,'','','',0);
CREATE TABLE delivery_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT delivery_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "delivery_version" VALUES('0002');
CREATE TABLE evidence (
	delivery_id VARCHAR NOT NULL, 
	workspace_id VARCHAR NOT NULL, 
	destination_id VARCHAR NOT NULL, 
	status BIGINT NOT NULL, 
	evidence BLOB NOT NULL, 
	ordinal BIGINT NOT NULL, replay BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (delivery_id)
);
INSERT INTO "evidence" VALUES('dlv_21517cbda3919098bfaa1b79676470af','ws_1','dst_1',4,X'0A0B1A096661696C7572652031',21,0);
INSERT INTO "evidence" VALUES('dlv_7d9019e5a1651d5024c77009f1e339b6','ws_1','dst_1',5,X'0A0B1A096661696C7572652032',22,0);
CREATE TABLE projections (
	name VARCHAR NOT NULL, 
	sequence BIGINT NOT NULL, 
	ordinal BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "projections" VALUES('outcomes',23,23);
CREATE TABLE replay_numbers (
	workspace_id VARCHAR NOT NULL, 
	last BIGINT NOT NULL, 
	PRIMARY KEY (workspace_id)
);
CREATE TABLE replayed (
	delivery_id VARCHAR NOT NULL, 
	workspace_id VARCHAR NOT NULL, 
	replay_id VARCHAR NOT NULL, 
	number BIGINT NOT NULL, 
	replayed_as VARCHAR NOT NULL, 
	published BOOLEAN NOT NULL, 
	after_sequence BIGINT NOT NULL, 
	claimed_us BIGINT NOT NULL, 
	PRIMARY KEY (delivery_id)
);
CREATE TABLE replays (
	replay_id VARCHAR NOT NULL, 
	workspace_id VARCHAR NOT NULL, 
	request_id VARCHAR, 
	token_id VARCHAR NOT NULL, 
	request BLOB NOT NULL, 
	state BIGINT NOT NULL, 
	version BIGINT NOT NULL, 
	max_per_second BIGINT NOT NULL, 
	last_ordinal BIGINT NOT NULL, 
	last_number BIGINT NOT NULL, 
	cursor BIGINT NOT NULL, 
	matched BIGINT NOT NULL, 
	published BIGINT NOT NULL, 
	skipped JSON NOT NULL, 
	failed JSON NOT NULL, 
	waiting_for VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	owned_until_us BIGINT NOT NULL, 
	created_us BIGINT NOT NULL, 
	updated_us BIGINT NOT NULL, 
	finished_us BIGINT NOT NULL, 
	PRIMARY KEY (replay_id)
);
CREATE TABLE tries (
	"key" VARCHAR NOT NULL, 
	ordinal BIGINT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "tries" VALUES('dlv_48793a0d6f7cdfbca53fd2f8f89effae:end',1);
INSERT INTO "tries" VALUES('dlv_df7751dd2051f74460d87f3107dabb03:end',2);
INSERT INTO "tries" VALUES('dlv_08a891353ad415d7601205348276747b:end',3);
INSERT INTO "tries" VALUES('dlv_1e57d2311b735edee17e3dfd8aea1fee:end',4);
INSERT INTO "tries" VALUES('dlv_35554651b431179a8f6f500268483432:end',5);
INSERT INTO "tries" VALUES('dlv_8a59cd32179d750846f737f9cbc5bb9e:end',6);
INSERT INTO "tries" VALUES('dlv_c302a0eec2be87813c459cdb2654bca0:end',7);
INSERT INTO "tries" VALUES('dlv_30b55550916d5c1616b0e0776176242e:end',8);
INSERT INTO "tries" VALUES('dlv_3f8b727df35937ce85732ff2b45560a4:end',9);
INSERT INTO "tries" VALUES('dlv_868d4a6cbff1d2eea01afd05e5ef22a3:end',10);
INSERT INTO "tries" VALUES('dlv_f47be7b579de3ffd10e24a68468dff3b:end',11);
INSERT INTO "tries" VALUES('dlv_91944eda7ce4d544656090d079b5d52f:end',12);
INSERT INTO "tries" VALUES('dlv_e2d98f02ce6990d3fdb117910e274d7b:end',13);
INSERT INTO "tries" VALUES('dlv_8b3d8993c9a01ec94cffed7c51830f9f:end',14);
INSERT INTO "tries" VALUES('dlv_24e22e069c831e62c62e60e8447d09dd:end',15);
INSERT INTO "tries" VALUES('dlv_b35970072db30be711d2980afc123bb1:end',16);
INSERT INTO "tries" VALUES('dlv_4ae1b0eb1dd6fc1ed08699416d6fbb23:end',17);
INSERT INTO "tries" VALUES('dlv_4c588aba8a47bb8da1994dd84fb539fe:end',18);
INSERT INTO "tries" VALUES('dlv_61386e99ca4d7cda7d27d224b7d1c5ea:end',19);
INSERT INTO "tries" VALUES('dlv_dbdf4be5070b287c4d8d6920388a3005:end',20);
INSERT INTO "tries" VALUES('dlv_21517cbda3919098bfaa1b79676470af:1',21);
INSERT INTO "tries" VALUES('dlv_7d9019e5a1651d5024c77009f1e339b6:end',22);
CREATE TABLE usage (
	workspace_id VARCHAR NOT NULL, 
	month VARCHAR NOT NULL, 
	function_id VARCHAR NOT NULL, 
	instance_id VARCHAR NOT NULL, 
	invocations BIGINT NOT NULL, 
	wall_us BIGINT NOT NULL, 
	fuel BIGINT NOT NULL, 
	PRIMARY KEY (workspace_id, month, function_id, instance_id)
);
INSERT INTO "usage" VALUES('ws_1','1970-01','fn_1','ins_1',23,0,230);
CREATE INDEX ix_tries_ordinal ON tries (ordinal);
CREATE INDEX deliveries_by_age ON deliveries (workspace_id, ordinal);
CREATE INDEX deliveries_by_event ON deliveries (workspace_id, event_id);
CREATE INDEX evidence_by_age ON evidence (workspace_id, destination_id, ordinal);
CREATE INDEX dead_letters ON deliveries (workspace_id, ordinal) WHERE status = 5;
CREATE UNIQUE INDEX replays_by_request ON replays (workspace_id, request_id);
CREATE INDEX replays_by_end ON replays (finished_us);
CREATE UNIQUE INDEX replayed_by_number ON replayed (workspace_id, number);
CREATE INDEX replayed_by_replay ON replayed (replay_id, published);
COMMIT;
