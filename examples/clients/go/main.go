// A client of Penstock in Go: functions are listed, made, changed and removed, and an event is handed in. Nothing is
// generated: the gateway describes its services itself.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	functions = "penstock.registry.v1.FunctionService"
	ingest    = "penstock.ingest.v1.IngestService"
	code      = "async function onTrack(event) { console.log(event.event); }"
	deadline  = 10 * time.Second
)

// object is a message as protobuf's JSON.
type object = map[string]any

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx := context.Background()
	conn, err := grpc.NewClient(os.Getenv("PENSTOCK_ADDRESS"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	contracts, err := describe(ctx, conn, functions, ingest)
	if err != nil {
		return err
	}
	if err := manage(ctx, &service{conn, contracts, functions, os.Getenv("PENSTOCK_TOKEN")}); err != nil {
		return err
	}
	event := []byte(`{"type": "track", "userId": "u1", "event": "Greeted from Go"}`)
	sources := &service{conn, contracts, ingest, os.Getenv("PENSTOCK_WRITE_KEY")}
	answer, err := sources.call(ctx, "Ingest", object{"messages": []string{base64.StdEncoding.EncodeToString(event)}})
	if err != nil {
		return err
	}
	fmt.Println("accepted:", answer["results"].([]any)[0].(object)["eventId"])
	return nil
}

// manage goes through the life of a function.
func manage(ctx context.Context, functions *service) error {
	found, err := functions.call(ctx, "ListFunctions", object{"pageSize": 50})
	if err != nil {
		return err
	}
	listed, _ := found["functions"].([]any)
	fmt.Println("functions:", len(listed))

	// With a requestId, a call whose answer got lost can be repeated: it is done once.
	wanted := object{"displayName": "From Go " + rand.Text(), "kind": "FUNCTION_KIND_DESTINATION", "code": code}
	create := object{"function": wanted, "requestId": rand.Text()}
	var id string
	for _, told := range []string{"created:", "repeated:"} {
		made, err := functions.call(ctx, "CreateFunction", create)
		if err != nil {
			return err
		}
		id = made["function"].(object)["functionId"].(string)
		fmt.Println(told, id)
	}

	// With the etag, a change is refused where somebody else was quicker.
	read, err := functions.call(ctx, "GetFunction", object{"functionId": id})
	if err != nil {
		return err
	}
	etag := read["function"].(object)["etag"]
	for _, description := range []string{"Says what happened", "Says what happened, too late"} {
		change := object{"functionId": id, "description": description, "etag": etag}
		changed, err := functions.call(ctx, "UpdateFunction", object{"function": change, "updateMask": "description"})
		if err != nil {
			// Go writes a status in words of its own: "Aborted" is ABORTED.
			fmt.Println("refused:", status.Code(err))
			continue
		}
		fmt.Println("updated:", changed["function"].(object)["description"])
	}

	if _, err := functions.call(ctx, "DeleteFunction", object{"functionId": id}); err != nil {
		return err
	}
	fmt.Println("deleted:", id)
	return nil
}

func decode(text []byte) (object, error) {
	var decoded object
	err := json.Unmarshal(text, &decoded)
	return decoded, err
}
