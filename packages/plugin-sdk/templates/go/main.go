package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"example/my-plugin/pluginv1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const messageBytesMax = 4 << 20

type plugin struct {
	pluginv1.UnimplementedFarmPluginServer
}

func requirement() *pluginv1.SourceRequirement {
	return &pluginv1.SourceRequirement{SourceType: "command", Permissions: []string{"read"}, Fields: []string{"/exit_code"}}
}

func (plugin) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return &pluginv1.DescribeResponse{
		PluginId:             "example/my-plugin",
		Version:              "0.1.0",
		Description:          "Verifies that a check which failed is green again.",
		Categories:           []string{"reliability"},
		SourceRequirements:   []*pluginv1.SourceRequirement{requirement()},
		DescriptionTemplates: []string{strings.Replace(repaired, "%d", "{failures}", 1)},
		Subcategories:        []string{"check"},
		ProtocolVersions:     []uint32{1},
		Capabilities:         []string{"memory"},
	}, nil
}

func (plugin) Verify(_ context.Context, request *pluginv1.VerifyRequest) (*pluginv1.VerifyResponse, error) {
	if request.SourceType != "command" {
		return nil, status.Error(codes.InvalidArgument, "this plugin does not know that source")
	}
	if !utf8.Valid(request.RawData) {
		return nil, status.Error(codes.InvalidArgument, "raw_data is not JSON in UTF-8")
	}
	response, err := verify(request.RawData, request.Memory)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "raw_data is not JSON in UTF-8")
	}
	return response, nil
}

func (plugin) ConfigureSources(context.Context, *pluginv1.ConfigureSourcesRequest) (*pluginv1.ConfigureSourcesResponse, error) {
	return &pluginv1.ConfigureSourcesResponse{Wanted: []*pluginv1.SourceRequirement{requirement()}}, nil
}

// Every call carries the token that the agent chose.
func checkToken(token string) grpc.UnaryServerInterceptor {
	wanted := []byte("Bearer " + token)
	return func(ctx context.Context, request interface{}, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (interface{}, error) {
		values, _ := metadata.FromIncomingContext(ctx)
		given := []byte(strings.Join(values.Get("authorization"), ","))
		if subtle.ConstantTimeCompare(wanted, given) != 1 {
			return nil, status.Error(codes.Unauthenticated, "wrong or missing token")
		}
		return next(ctx, request)
	}
}

func main() {
	socket, token := os.Getenv("FARMOPS_PLUGIN_SOCKET"), os.Getenv("FARMOPS_PLUGIN_TOKEN")
	if socket == "" || token == "" {
		fmt.Fprintln(os.Stderr, "example/my-plugin is a FarmOps plugin: an agent starts it and sets FARMOPS_PLUGIN_SOCKET and FARMOPS_PLUGIN_TOKEN.")
		os.Exit(64)
	}
	_ = os.Remove(socket)
	// From its first moment nobody but its owner may open the socket.
	old := syscall.Umask(0o177)
	listener, err := net.Listen("unix", socket)
	syscall.Umask(old)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(checkToken(token)), grpc.MaxRecvMsgSize(messageBytesMax))
	pluginv1.RegisterFarmPluginServer(server, plugin{})
	stop := func() {
		// A call that hangs may not hold the process.
		time.AfterFunc(time.Second, server.Stop)
		server.GracefulStop()
	}
	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
		<-signals
		stop()
	}()
	go func() {
		// The agent's end of standard input closes however the agent ends: no plugin outlives its agent.
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	if err := server.Serve(listener); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
