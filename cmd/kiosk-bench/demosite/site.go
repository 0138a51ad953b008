package demosite

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Hosts of the demonstration. Below localhost a page over plain http is a
// secure context, which service workers need.
const (
	HostTown    = "mairie.localhost"
	HostLogin   = "connexion.localhost"
	HostHelpers = "aidants.localhost"
	HostTracker = "pisteur.localhost"
)

// Bounds of what is kept in memory.
const (
	maxDossiers = 256
	maxTickets  = 256
	dossierLife = 30 * time.Minute // since the last request
	ticketLife  = time.Minute      // a browser follows a redirect at once
	sweepEvery  = time.Minute
	maxBody     = 16 << 10 // bytes; the longest honest form is under 2 KiB
)

// Site is the four hosts and what they know.
type Site struct {
	pages    pages
	steps    []step
	dossiers *table[dossier]
	tickets  *table[struct{}] // what the provider vouches for, each used once
	helpers  *table[struct{}] // who is signed in to the helpers' service
	reached  atomic.Int64
}

// New returns a site that serves nothing yet.
func New() *Site {
	return &Site{
		pages:    loadPages(),
		steps:    formSteps(),
		dossiers: newTable[dossier](maxDossiers, dossierLife),
		tickets:  newTable[struct{}](maxTickets, ticketLife),
		helpers:  newTable[struct{}](maxDossiers, dossierLife),
	}
}

// Listen serves each host on a port of its own on loopback, until ctx ends,
// and returns host to address ("127.0.0.1:port").
func (s *Site) Listen(ctx context.Context) (map[string]string, error) {
	addresses := map[string]string{}
	var config net.ListenConfig
	var servers []*http.Server
	for _, h := range []struct {
		host    string
		handler http.Handler
	}{
		{HostTown, s.town()},
		{HostLogin, s.login()},
		{HostHelpers, s.mandates()},
		{HostTracker, s.tracker()},
	} {
		l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			closeAll(servers)
			return nil, fmt.Errorf("listen for %q: %w", h.host, err)
		}
		addresses[h.host] = l.Addr().String()
		if h.host == HostTracker {
			l = &countingListener{l, &s.reached}
		}
		server := newServer(h.handler)
		servers = append(servers, server)
		go func() { _ = server.Serve(l) }() // ends, with nothing to tell, when the server is closed
	}
	context.AfterFunc(ctx, func() { closeAll(servers) })
	go s.forget(ctx)
	return addresses, nil
}

// ThirdParty says how often the third party was reached: connections accepted
// plus requests answered. A connection without a request counts too, since a
// name and an address are told by then.
func (s *Site) ThirdParty() int { return int(s.reached.Load()) }

func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // what it would name is a person's request
	}
}

func closeAll(servers []*http.Server) {
	for _, server := range servers {
		_ = server.Close() // fails when a listener is closed already
	}
}

// forget deletes what nobody asked for in time, until ctx ends.
func (s *Site) forget(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.dossiers.sweep()
			s.tickets.sweep()
			s.helpers.sweep()
		case <-ctx.Done():
			return
		}
	}
}
