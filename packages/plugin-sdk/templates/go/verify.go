// A plugin in Go: a check that failed is green again.
package main

import (
	"encoding/json"
	"fmt"

	"example/my-plugin/pluginv1"
)

const repaired = "Repaired a check that had failed %d times"

type observation struct {
	ExitCode *int `json:"exit_code"`
}

// What is remembered between two runs of the same check.
type memory struct {
	Failures int `json:"failures"`
}

func answer(verdict, reason string) *pluginv1.VerifyResponse {
	return &pluginv1.VerifyResponse{Verdict: verdict, Reason: reason}
}

// verify is pure: the same observation and memory give the same verdict.
func verify(rawData, remembered []byte) (*pluginv1.VerifyResponse, error) {
	var seen observation
	if err := json.Unmarshal(rawData, &seen); err != nil {
		return nil, err
	}
	if seen.ExitCode == nil {
		return answer("inconclusive", "this is not an event of the command source"), nil
	}
	var past memory
	if len(remembered) > 0 {
		// What an older version remembered may not fit: then nothing was.
		_ = json.Unmarshal(remembered, &past)
	}
	if *seen.ExitCode != 0 {
		failed := answer("rejected", "the check fails")
		failed.Memory, _ = json.Marshal(memory{Failures: past.Failures + 1})
		return failed, nil
	}
	if past.Failures == 0 {
		return answer("rejected", "nothing was wrong"), nil
	}
	complexity := "low"
	if past.Failures > 10 {
		complexity = "medium"
	}
	evidence, _ := json.Marshal(past)
	return &pluginv1.VerifyResponse{
		Verdict:     "verified",
		ActionType:  "fix",
		Category:    "reliability",
		Subcategory: "check",
		Description: fmt.Sprintf(repaired, past.Failures),
		ScoringHints: &pluginv1.ScoringHints{
			Complexity: complexity, ImpactRadius: 2, ArtifactsTouched: 1,
		},
		Evidence: evidence,
		// Present and empty: forget the check.
		Memory: []byte{},
	}, nil
}
