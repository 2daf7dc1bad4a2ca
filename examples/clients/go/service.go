package main

import (
	"context"
	"encoding/json"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// service is one of the gateway's, called with a token.
type service struct {
	conn      *grpc.ClientConn
	contracts *protoregistry.Files
	name      string
	token     string
}

// call sends a message to a method, and gives the answer.
func (s *service) call(ctx context.Context, method string, message object) (object, error) {
	found, err := s.contracts.FindDescriptorByName(protoreflect.FullName(s.name + "." + method))
	if err != nil {
		return nil, err
	}
	described := found.(protoreflect.MethodDescriptor)
	request, answer := dynamicpb.NewMessage(described.Input()), dynamicpb.NewMessage(described.Output())
	text, err := json.Marshal(message)
	if err != nil {
		return nil, err
	}
	if err := protojson.Unmarshal(text, request); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+s.token), deadline)
	defer cancel()
	if err := s.conn.Invoke(ctx, "/"+s.name+"/"+method, request, answer); err != nil {
		return nil, err
	}
	if text, err = protojson.Marshal(answer); err != nil {
		return nil, err
	}
	return decode(text)
}

// describe asks the gateway for the contracts of its services.
func describe(ctx context.Context, conn *grpc.ClientConn, services ...string) (*protoregistry.Files, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	stream, err := grpc_reflection_v1alpha.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	files := map[string]*descriptorpb.FileDescriptorProto{}
	for _, service := range services {
		question := &grpc_reflection_v1alpha.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service}
		if err := stream.Send(&grpc_reflection_v1alpha.ServerReflectionRequest{MessageRequest: question}); err != nil {
			return nil, err
		}
		answer, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		for _, data := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
			file := &descriptorpb.FileDescriptorProto{}
			if err := proto.Unmarshal(data, file); err != nil {
				return nil, err
			}
			files[file.GetName()] = file
		}
	}
	set := &descriptorpb.FileDescriptorSet{}
	for _, file := range files {
		set.File = append(set.File, file)
	}
	return protodesc.NewFiles(set)
}
