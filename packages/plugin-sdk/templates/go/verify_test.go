package main

import "testing"

func see(t *testing.T, data string, remembered []byte) (verdict string, next []byte) {
	t.Helper()
	response, err := verify([]byte(data), remembered)
	if err != nil {
		t.Fatal(err)
	}
	return response.Verdict, response.Memory
}

func TestACheckThatWasNeverRedEarnsNothing(t *testing.T) {
	if verdict, _ := see(t, `{"exit_code":0}`, nil); verdict != "rejected" {
		t.Fatal(verdict)
	}
}

func TestACheckThatIsGreenAgainIsARepairOnce(t *testing.T) {
	verdict, remembered := see(t, `{"exit_code":1}`, nil)
	if verdict != "rejected" {
		t.Fatal(verdict)
	}
	verdict, remembered = see(t, `{"exit_code":0}`, remembered)
	if verdict != "verified" {
		t.Fatal(verdict)
	}
	if verdict, _ = see(t, `{"exit_code":0}`, remembered); verdict != "rejected" {
		t.Fatal(verdict)
	}
}
