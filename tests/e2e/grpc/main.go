// SPDX-License-Identifier: MIT
// A server of gRPC's own for Go: UP.
package main

import (
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	pb "google.golang.org/grpc/health/grpc_health_v1"
)

const (
	up   = pb.HealthCheckResponse_SERVING
	down = pb.HealthCheckResponse_NOT_SERVING
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	states := health.NewServer()
	states.SetServingStatus("up", up)
	states.SetServingStatus("down", down)
	states.SetServingStatus("odd", pb.HealthCheckResponse_UNKNOWN)
	go func() {
		for ; ; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(os.Args[1]); err != nil {
				states.SetServingStatus("", down)
			} else {
				states.SetServingStatus("", up)
			}
		}
	}()
	server := grpc.NewServer()
	pb.RegisterHealthServer(server, states)
	panic(server.Serve(listener))
}
