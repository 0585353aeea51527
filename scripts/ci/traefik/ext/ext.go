// Package ext stands for the empty extension points of Traefik's configuration.
package ext

type HTTP struct{}

type Router struct{}
