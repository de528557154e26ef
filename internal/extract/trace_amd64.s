//go:build amd64

#include "go_asm.h"
#include "textflag.h"

DATA plains<>+0(SB)/1, $0x22 // quote
DATA plains<>+1(SB)/1, $0x5c // backslash
DATA plains<>+2(SB)/1, $0x20 // the first that is no control character
GLOBL plains<>(SB), RODATA|NOPTR, $3

// func plainLooseAVX2(b *byte, from, size int, l *loose, before *byte, length int, room *change) (passed, changed, to, same int)
//
// Registers over the loop:
//	SI b  R8 where we are  DX the last place from which 32 bytes can be read
//	R10 the loose scalar  R11 where the next change goes  R12 changes  R15 passed
//	Y8 … Y10 the bytes above
// At a loose scalar:
//	DI, CX what stands before it, and how many bytes  R13 the stencil's
//	BX the scalar in the record  AX its size
//
// Nothing is written of a loose scalar before it is passed.
TEXT ·plainLooseAVX2(SB), NOSPLIT, $0-88
	MOVQ b+0(FP), SI
	MOVQ from+8(FP), R8
	MOVQ size+16(FP), DX
	MOVQ l+24(FP), R10
	MOVQ before+32(FP), DI
	MOVQ length+40(FP), CX
	MOVQ room+48(FP), R11
	MOVQ $-1, same+80(FP)
	XORL R12, R12
	XORL R15, R15
	ADDQ SI, R8
	LEAQ -32(SI)(DX*1), DX

	VPBROADCASTB plains<>+0(SB), Y8
	VPBROADCASTB plains<>+1(SB), Y9
	VPBROADCASTB plains<>+2(SB), Y10

scalar:
	LEAQ (R8)(CX*1), BX
	CMPQ BX, DX
	JHI  done
	CMPQ CX, $32
	JB   short

	// What stands before is equal: 32 bytes a turn, the last ones once more.
	SUBQ $32, CX
	XORL AX, AX
	JMP  equal32

next32:
	VMOVDQU   (R8)(AX*1), Y0
	VPCMPEQB  (DI)(AX*1), Y0, Y0
	VPMOVMSKB Y0, R9
	XORL      $-1, R9
	JNE       differs32
	ADDQ      $32, AX

equal32:
	CMPQ      AX, CX
	JB        next32
	MOVQ      CX, AX
	VMOVDQU   (R8)(AX*1), Y0
	VPCMPEQB  (DI)(AX*1), Y0, Y0
	VPMOVMSKB Y0, R9
	XORL      $-1, R9
	JEQ       value

differs32:
	BSFL R9, R9
	ADDQ R9, AX
	MOVQ AX, same+80(FP)
	JMP  done

short:
	CMPQ CX, $8
	JB   few
	SUBQ $8, CX
	XORL AX, AX
	JMP  equal8

next8:
	MOVQ (R8)(AX*1), R9
	XORQ (DI)(AX*1), R9
	JNE  differs8
	ADDQ $8, AX

equal8:
	CMPQ AX, CX
	JB   next8
	MOVQ CX, AX
	MOVQ (R8)(AX*1), R9
	XORQ (DI)(AX*1), R9
	JEQ  value

differs8:
	BSFQ R9, R9
	SHRQ $3, R9
	ADDQ R9, AX
	MOVQ AX, same+80(FP)
	JMP  done

few:
	XORL AX, AX
	JMP  equal1

next1:
	MOVB (R8)(AX*1), R9
	CMPB R9, (DI)(AX*1)
	JNE  differs1
	INCQ AX

equal1:
	CMPQ AX, CX
	JB   next1
	JMP  value

differs1:
	MOVQ AX, same+80(FP)
	JMP  done

end:
	MOVQ BX, R8
	INCQ R15
	JMP  done

value:
	MOVQ    loose_own(R10), R13
	TESTQ   R13, R13
	JZ      end
	MOVBLZX (BX), R9
	CMPB    R9, $'"'
	JNE     bare

	// The string ends at the first quote, and has only plain ASCII before.
	LEAQ 1(BX), CX
	JMP  within

next:
	VMOVDQU   (CX), Y0
	VPCMPEQB  Y0, Y8, Y1
	VPCMPEQB  Y0, Y9, Y2
	VPCMPGTB  Y0, Y10, Y3
	VPOR      Y1, Y2, Y1
	VPOR      Y1, Y3, Y1
	VPMOVMSKB Y1, R9
	TESTL     R9, R9
	JNZ       found
	ADDQ      $32, CX

within:
	CMPQ CX, DX
	JLS  next
	JMP  done

found:
	BSFL R9, R9
	LEAQ 1(CX)(R9*1), AX
	CMPB -1(AX), $0x22
	JNE  done
	SUBQ BX, AX

	// Is it the stencil's? It has as many bytes then.
kept:
	CMPQ AX, (loose_own+8)(R10)
	JNE  another
	CMPQ AX, $8
	JB   tiny
	LEAQ -8(AX), CX
	MOVQ (BX)(CX*1), R9
	CMPQ R9, (R13)(CX*1)
	JNE  another
	XORL DI, DI

same8:
	MOVQ (BX)(DI*1), R9
	CMPQ R9, (R13)(DI*1)
	JNE  another
	ADDQ $8, DI
	CMPQ DI, CX
	JB   same8
	JMP  same

tiny:
	XORL DI, DI

same1:
	MOVB (BX)(DI*1), R9
	CMPB R9, (R13)(DI*1)
	JNE  another
	INCQ DI
	CMPQ DI, AX
	JB   same1

same:
	CMPL loose_score(R10), $0
	JLE  done
	DECL loose_score(R10)
	JMP  passed

another:
	MOVL $const_looseMost, loose_score(R10)
	MOVL loose_scalar(R10), R9
	MOVL R9, change_scalar(R11)
	MOVQ BX, R9
	SUBQ SI, R9
	MOVL R9, change_from(R11)
	ADDQ AX, R9
	MOVL R9, change_to(R11)
	ADDQ $change__size, R11
	INCQ R12

passed:
	LEAQ (BX)(AX*1), R8
	INCQ R15
	ADDQ $loose__size, R10
	MOVQ loose_before(R10), DI
	MOVQ (loose_before+8)(R10), CX
	JMP  scalar

	// What is no string: a word, or a number without exponent within 31 bytes.
bare:
	CMPB R9, $'n'
	JNE  notNull
	MOVL $4, AX
	CMPL (BX), $0x6c6c756e // null
	JEQ  kept
	JMP  done

notNull:
	CMPB R9, $'t'
	JNE  notTrue
	MOVL $4, AX
	CMPL (BX), $0x65757274 // true
	JEQ  kept
	JMP  done

notTrue:
	CMPB R9, $'f'
	JNE  number
	MOVL $5, AX
	CMPL 1(BX), $0x65736c61 // alse
	JEQ  kept
	JMP  done

number:
	LEAQ    31(BX), DI
	MOVQ    BX, CX
	CMPB    R9, $'-'
	JNE     first
	INCQ    CX
	MOVBLZX (CX), R9

first:
	SUBL    $'0', R9
	CMPL    R9, $9
	JHI     done
	INCQ    CX
	TESTL   R9, R9
	MOVBLZX (CX), R9
	JNZ     whole
	LEAL    -'0'(R9), AX
	CMPL    AX, $9
	JLS     done
	JMP     point

digit:
	INCQ    CX
	CMPQ    CX, DI
	JHS     done
	MOVBLZX (CX), R9

whole:
	LEAL -'0'(R9), AX
	CMPL AX, $9
	JLS  digit

point:
	CMPB    R9, $'.'
	JNE     exponent
	INCQ    CX
	MOVBLZX (CX), R9
	SUBL    $'0', R9
	CMPL    R9, $9
	JHI     done

decimal:
	INCQ    CX
	CMPQ    CX, DI
	JHS     done
	MOVBLZX (CX), R9
	LEAL    -'0'(R9), AX
	CMPL    AX, $9
	JLS     decimal

exponent:
	ORL  $0x20, R9
	CMPB R9, $'e'
	JEQ  done
	MOVQ CX, AX
	SUBQ BX, AX
	JMP  kept

done:
	MOVQ R15, passed+56(FP)
	MOVQ R12, changed+64(FP)
	SUBQ SI, R8
	MOVQ R8, to+72(FP)
	VZEROUPPER
	RET
